/* What this library is and how it was built. */
#include <couplet/version.h>

const char *cpl_version(void) { return CPL_VERSION; }

const char *cpl_version_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}
