/* Whether a text surely is in Unicode's normalization form C, by code points that never change in it
 * and never change others (UAX #15, section 9, with fewer code points than it names). */
#ifndef CPL_TOKENIZER_NFC_QUICK_H
#define CPL_TOKENIZER_NFC_QUICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False: it may be or not.  Valid UTF-8. */
bool cpl_nfc_quick(const char *text, size_t length);
bool cpl_nfc_quick_code(uint32_t code);

#endif
