/* The families, from families.def. */
#include "model/families.h"
#include "model/model.h"

#include <string.h>

static const struct cpl_family *const families[CPL_FAMILY_COUNT] = {
#define FAMILY(name, masked, help) &cpl_family_##name,
#include "model/families.def"
#undef FAMILY
};

const struct cpl_family *cpl_family_get(enum cpl_family_id id) { return families[id]; }

const struct cpl_family *cpl_family_find(const char *name)
{
    for (int i = 0; i < CPL_FAMILY_COUNT; i++)
        if (strcmp(families[i]->name, name) == 0)
            return families[i];
    return NULL;
}
