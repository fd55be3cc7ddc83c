/* Mappings that keep the order of insertion, with Python's keys: 1, 1.0 and true are the same. */
#include "chat/chat.h"

#include "base/try.h"

#include <math.h>
#include <string.h>

enum { LINEAR_MAX = 8 }; /* so many entries are searched one by one */

static uint64_t hash_bytes(const char *data, size_t length)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)data[i]) * 1099511628211u;
    return hash ^ hash >> 29;
}

static uint64_t hash_int(int64_t integer)
{
    uint64_t hash = (uint64_t)integer * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

cpl_status cpl_value_hash(struct cpl_chat *chat, struct cpl_value value, uint64_t *out)
{
    switch ((enum cpl_kind)value.kind) {
    case CPL_TEXT:
        CPL_TRY(cpl_chat_spend(chat, value.as.text->length / 8));
        *out = hash_bytes(value.as.text->data, value.as.text->length);
        return CPL_OK;
    case CPL_BOOL: *out = hash_int(value.as.truth); return CPL_OK;
    case CPL_INT: *out = hash_int(value.as.integer); return CPL_OK;
    case CPL_REAL:
        if (value.as.real == floor(value.as.real) && fabs(value.as.real) < 9e18)
            *out = hash_int((int64_t)value.as.real);
        else
            *out = hash_bytes((const char *)&value.as.real, sizeof value.as.real);
        return CPL_OK;
    case CPL_TUPLE:
        CPL_TRY(cpl_chat_enter(chat));
        *out = 7;
        for (size_t i = 0; i < value.as.list->count; i++) {
            uint64_t hash = 0;
            CPL_TRY(cpl_value_hash(chat, value.as.list->item[i], &hash));
            *out = (*out ^ hash) * 1099511628211u;
        }
        chat->depth--;
        return cpl_chat_spend(chat, value.as.list->count);
    case CPL_LIST:
    case CPL_DICT:
    case CPL_VIEW: return cpl_chat_fail(chat, "%s cannot be a key", cpl_kind_name(value.kind));
    case CPL_NONE:
    case CPL_UNDEFINED: *out = value.kind; return CPL_OK;
    default:
        *out = hash_bytes((const char *)&value.as.name, sizeof value.as.name);
        return CPL_OK;
    }
}

cpl_status cpl_dict_new(struct cpl_chat *chat, struct cpl_dict **out)
{
    return cpl_chat_take(chat, out, 1, sizeof **out);
}

/* The entry's number, or dict->count; *slot where it is or would be (of an indexed one). */
static cpl_status find(struct cpl_chat *chat, const struct cpl_dict *dict, struct cpl_value key,
                       uint64_t hash, size_t *found, size_t *slot)
{
    bool equal = false;
    *found = dict->count;
    if (!dict->n_slots) {
        for (size_t i = 0; i < dict->count; i++) {
            if (dict->entry[i].hash == hash)
                CPL_TRY(cpl_value_equal(chat, dict->entry[i].key, key, &equal));
            if (equal) {
                *found = i;
                return CPL_OK;
            }
        }
        return CPL_OK;
    }
    for (*slot = hash & (dict->n_slots - 1); dict->slot[*slot];
         *slot = (*slot + 1) & (dict->n_slots - 1)) {
        size_t i = dict->slot[*slot] - 1;
        CPL_TRY(cpl_chat_spend(chat, 1));
        if (dict->entry[i].hash == hash)
            CPL_TRY(cpl_value_equal(chat, dict->entry[i].key, key, &equal));
        if (equal) {
            *found = i;
            return CPL_OK;
        }
    }
    return CPL_OK;
}

static cpl_status build_slots(struct cpl_chat *chat, struct cpl_dict *dict)
{
    size_t n = dict->capacity * 2;
    CPL_TRY(cpl_chat_take(chat, &dict->slot, n, sizeof *dict->slot));
    dict->n_slots = n;
    for (size_t i = 0; i < dict->count; i++) {
        size_t at = dict->entry[i].hash & (n - 1);
        for (; dict->slot[at]; at = (at + 1) & (n - 1))
            CPL_TRY(cpl_chat_spend(chat, 1));
        dict->slot[at] = (uint32_t)i + 1;
    }
    return CPL_OK;
}

static cpl_status grow(struct cpl_chat *chat, struct cpl_dict *dict)
{
    size_t capacity = dict->capacity ? dict->capacity * 2 : 4; /* a power of two */
    struct cpl_dict_entry *grown = NULL;
    if (capacity > UINT32_MAX / 4)
        return cpl_chat_fail(chat, "a mapping with too many keys");
    CPL_TRY(cpl_chat_take(chat, &grown, capacity, sizeof *grown));
    if (dict->count)
        memcpy(grown, dict->entry, dict->count * sizeof *grown);
    dict->entry = grown;
    dict->capacity = capacity;
    return capacity > LINEAR_MAX ? build_slots(chat, dict) : CPL_OK;
}

cpl_status cpl_dict_set(struct cpl_chat *chat, struct cpl_dict *dict, struct cpl_value key,
                        struct cpl_value value)
{
    uint64_t hash = 0;
    size_t found = 0, slot = 0;
    CPL_TRY(cpl_chat_spend(chat, 1));
    CPL_TRY(cpl_value_hash(chat, key, &hash));
    CPL_TRY(find(chat, dict, key, hash, &found, &slot));
    if (found < dict->count) {
        dict->entry[found].value = value;
        return CPL_OK;
    }
    if (dict->count == dict->capacity) {
        CPL_TRY(grow(chat, dict));
        CPL_TRY(find(chat, dict, key, hash, &found, &slot));
    }
    dict->entry[dict->count] = (struct cpl_dict_entry){key, value, hash};
    dict->count++;
    if (dict->n_slots)
        dict->slot[slot] = (uint32_t)dict->count;
    return CPL_OK;
}

cpl_status cpl_dict_get(struct cpl_chat *chat, const struct cpl_dict *dict,
                        struct cpl_value key, struct cpl_dict_entry **out)
{
    uint64_t hash = 0;
    size_t found = 0, slot = 0;
    CPL_TRY(cpl_value_hash(chat, key, &hash));
    CPL_TRY(find(chat, dict, key, hash, &found, &slot));
    *out = found < dict->count ? &dict->entry[found] : NULL;
    return CPL_OK;
}

struct cpl_dict_entry *cpl_dict_find(struct cpl_chat *chat, const struct cpl_dict *dict,
                                     const char *key, size_t length)
{
    uint64_t hash = hash_bytes(key, length);
    size_t at = dict->n_slots ? hash & (dict->n_slots - 1) : 0;
    while (dict->n_slots ? dict->slot[at] != 0 : at < dict->count) {
        struct cpl_dict_entry *entry =
            &dict->entry[dict->n_slots ? (size_t)dict->slot[at] - 1 : at];
        if (entry->hash == hash && entry->key.kind == CPL_TEXT &&
            entry->key.as.text->length == length &&
            memcmp(entry->key.as.text->data, key, length) == 0)
            return entry;
        at = dict->n_slots ? (at + 1) & (dict->n_slots - 1) : at + 1;
        chat->steps -= chat->steps > 0;
    }
    return NULL;
}
