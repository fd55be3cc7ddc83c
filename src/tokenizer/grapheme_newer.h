/* Made by tools/make_grapheme_table.py: where tokenizers 0.23.3 sees other grapheme clusters than
 * utf8proc 2.8. */
#ifndef CPL_TOKENIZER_GRAPHEME_NEWER_H
#define CPL_TOKENIZER_GRAPHEME_NEWER_H

#include <stdint.h>

/* Joined with the character before. */
static const uint32_t joins_before[][2] = {
    {0x0897, 0x0897},   {0x1ACF, 0x1ADD},   {0x1AE0, 0x1AEB},   {0x10D69, 0x10D6D},
    {0x10EFA, 0x10EFC}, {0x113B8, 0x113C0}, {0x113C2, 0x113C2}, {0x113C5, 0x113C5},
    {0x113C7, 0x113CA}, {0x113CC, 0x113D0}, {0x113D2, 0x113D2}, {0x113E1, 0x113E2},
    {0x11B60, 0x11B67}, {0x11F5A, 0x11F5A}, {0x1611E, 0x1612F}, {0x1E5EE, 0x1E5EF},
    {0x1E6E3, 0x1E6E3}, {0x1E6E6, 0x1E6E6}, {0x1E6EE, 0x1E6EF}, {0x1E6F5, 0x1E6F5},
};

/* Joined with the character behind. */
static const uint32_t joins_behind[][2] = {
    {0x113D1, 0x113D1},
};

/* Not joined with the character behind, as utf8proc does. */
static const uint32_t apart_behind[][2] = {
    {0x11A3A, 0x11A3A},
};

#endif
