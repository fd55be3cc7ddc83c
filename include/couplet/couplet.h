/* All of Couplet: includes every public header, in the order in which data flows.
 *
 *     printf("libcouplet %s on %d cores\n", cpl_version(), cpl_machine_cores());
 */
#ifndef COUPLET_COUPLET_H
#define COUPLET_COUPLET_H

#include <couplet/json.h>
#include <couplet/measure.h>
#include <couplet/options.h>
#include <couplet/status.h>
#include <couplet/version.h>

#include <couplet/batch.h>
#include <couplet/chat.h>
#include <couplet/corpus.h>
#include <couplet/text.h>
#include <couplet/tokenizer.h>

#include <couplet/compare.h>
#include <couplet/device.h>
#include <couplet/generate.h>
#include <couplet/inspect.h>
#include <couplet/model.h>
#include <couplet/train.h>

#endif
