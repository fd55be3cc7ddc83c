/* What a file or directory of ours is and holds.
 *
 *     char *text = NULL;
 *     if (cpl_inspect(&text, "runs/bert", false, &error) == CPL_OK)
 *         puts(text);
 *     free(text);
 */
#ifndef COUPLET_INSPECT_H
#define COUPLET_INSPECT_H

#include <couplet/status.h>
#include <stdbool.h>

/* *out: heap text without a line end, one JSON object or indented lines for people.  Its "kind" is
 * model, run, corpus, tokenizer, shard, safetensors or configuration.  Files are checked as their
 * readers do.  Errors: CPL_ERROR_INPUT for what is none of these or broken. */
CPL_API cpl_status cpl_inspect(char **out, const char *path, bool json,
                               struct cpl_error *error);

#endif
