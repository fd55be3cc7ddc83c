/* A corpus as a page on the terminal. */
#ifndef COUPLET_CLI_CORPUS_PAGE_H
#define COUPLET_CLI_CORPUS_PAGE_H

#include <couplet/json.h>

/* `report`: the content of corpus.json. */
void cli_print_corpus(const char *path, const struct cpl_json_value *report);

#endif
