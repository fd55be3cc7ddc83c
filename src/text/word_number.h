/* Where numbers, dates and times end. */
#ifndef CPL_TEXT_WORD_NUMBER_H
#define CPL_TEXT_WORD_NUMBER_H

#include "text/reader.h"

/* End of the Chinese number at `at` (二百五十, 几十万, 三十多), without the ordinal's 第; `at` if
 * there is none. */
size_t cpl_number_end_chinese(const struct cpl_reader *reader, size_t at);
/* The digits [begin, at), at least one, begin a word: the end of the number (16,250 or 3.14 or
 * 1.3万余), date (2024-05-01) or time (12:30) that they belong to. */
size_t cpl_number_end_digits(const struct cpl_reader *reader, size_t begin, size_t at);
/* Behind a sign for percent or per mille at `at`; `at` if there is none. */
size_t cpl_number_end_percent(const struct cpl_reader *reader, size_t at);

#endif
