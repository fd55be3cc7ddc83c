/* Units: what is read as one sign whatever the dictionary says.
 *
 *   Latin and other words     BERT  café  don't  snake_case  GPT-4  C++  C#  Node.js
 *   numbers                   3.14  16,250  12.3%  20万  1.3万余  40多  第6
 *   Chinese numbers           二百五十  几十万  三十多  第十一
 *   dates, times              2024-05-01  2024/5/1  12:30
 *   addresses                 https://example.org/a?b=1  name@example.org
 *   doubled signs             ……  ——  ---
 *
 * The units 年, 月, 个 or 元 behind a number are words of their own, as in the Chinese treebanks. */
#ifndef CPL_TEXT_WORD_UNIT_H
#define CPL_TEXT_WORD_UNIT_H

#include <stddef.h>

/* End of the unit that begins at `at` < length in valid UTF-8: one character if nothing above is
 * there.  Looks at no byte more than a few times, however units follow each other. */
size_t cpl_word_unit_end(const char *text, size_t length, size_t at);

#endif
