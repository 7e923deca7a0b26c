/* Events in words; see wording.h.
 *
 * An event that cannot be read still has a type, and a type can be read aloud: nothing here fails.
 * The one file of the program that knows cJSON. */
#include "wording.h"

#include "fail.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void delete_jsonp(cJSON **json)
{
    cJSON_Delete(*json);
}

static const cJSON *member(const cJSON *object, const char *name)
{
    /* Not cJSON_GetObjectItem(): it ignores case, so "ID" would answer for "id". */
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(member(object, name));

    return text != NULL && *text != '\0' ? text : NULL;
}

static char *format(const char *pattern, ...) __attribute__((__format__(__printf__, 1, 2)));

static char *format(const char *pattern, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, pattern);
    if (vasprintf(&text, pattern, args) < 0)
        text = NULL;
    va_end(args);
    return text;
}

/* The name of a directory user, as of the event, or before it (previous: previous_attributes). */
static char *user_name(const cJSON *user, const cJSON *previous, const char *otherwise)
{
    const char *first = text_of(previous, "first_name");
    const char *last = text_of(previous, "last_name");

    if (first == NULL)
        first = text_of(user, "first_name");
    if (last == NULL)
        last = text_of(user, "last_name");
    if (first != NULL && last != NULL)
        return format("%s %s", first, last);
    if (first != NULL || last != NULL)
        return format("%s", first != NULL ? first : last);
    if (text_of(user, "email") != NULL)
        return format("%s", text_of(user, "email"));
    return format("%s", otherwise != NULL ? otherwise : "Somebody");
}

static char *user_state(const char *name, const cJSON *data)
{
    const char *state = text_of(data, "state");

    if (state != NULL && strcmp(state, "suspended") == 0)
        return format("%s was suspended", name);
    if (state != NULL && strcmp(state, "inactive") == 0)
        return format("%s was deactivated", name);
    if (state != NULL && strcmp(state, "active") == 0)
        return format("%s is active again", name);
    return format("%s’s state changed", name);
}

/* "department_name" is read as "department". */
static char *attribute_words(const char *name)
{
    char *words = format("%s", name);
    size_t len = words != NULL ? strlen(words) : 0;

    for (size_t i = 0; i < len; i++)
        if (words[i] == '_')
            words[i] = ' ';
    if (len > 5 && strcmp(words + len - 5, " name") == 0)
        words[len - 5] = '\0';
    return words;
}

static char *user_attribute(const char *name, const cJSON *data, const cJSON *before)
{
    const cJSON *custom = member(before, "custom_attributes");
    const cJSON *changed = cJSON_IsObject(custom) && custom->child != NULL ? custom->child : NULL;
    char *words CLEANUP(free_textp) = NULL;

    if (changed == NULL || changed->string == NULL)
        return format("%s’s profile changed", name);
    words = attribute_words(changed->string);
    const char *now = text_of(member(data, "custom_attributes"), changed->string);
    if (words == NULL || now == NULL)
        return format("%s’s profile changed", name);
    return format("%s’s %s is now %s", name, words, now);
}

static char *user_updated(const cJSON *data, const char *subject)
{
    const cJSON *before = member(data, "previous_attributes");
    char *name CLEANUP(free_textp) = user_name(data, NULL, subject);
    char *old_name CLEANUP(free_textp) = user_name(data, before, subject);

    if (name == NULL || old_name == NULL)
        return NULL;
    if (member(before, "state") != NULL)
        return user_state(name, data);
    if (strcmp(name, old_name) != 0)
        return format("%s is now called %s", old_name, name);
    if (member(before, "email") != NULL && text_of(data, "email") != NULL)
        return format("%s’s e-mail is now %s", name, text_of(data, "email"));
    const char *role = text_of(member(data, "role"), "slug");
    if (member(before, "role") != NULL && role != NULL)
        return format("%s’s role is now %s", name, role);
    return user_attribute(name, data, before);
}

static char *user_event(const char *pattern, const cJSON *data, const char *subject)
{
    char *name CLEANUP(free_textp) = user_name(data, NULL, subject);

    return name != NULL ? format("%s %s", name, pattern) : NULL;
}

static char *membership(const char *verb, const cJSON *data, const char *subject)
{
    char *name CLEANUP(free_textp) = user_name(member(data, "user"), NULL, subject);
    const char *group = text_of(member(data, "group"), "name");

    return name != NULL ? format("%s %s %s", name, verb, group != NULL ? group : "a group") : NULL;
}

static char *group_updated(const cJSON *data, const char *subject)
{
    const char *before = text_of(member(data, "previous_attributes"), "name");
    const char *now = text_of(data, "name");

    if (before != NULL && now != NULL)
        return format("The group %s is now called %s", before, now);
    return format("The group %s changed", now != NULL ? now : subject != NULL ? subject : "");
}

static char *named_event(const char *kind, const char *pattern, const cJSON *data,
                         const char *subject)
{
    const char *name = text_of(data, "name");

    if (name == NULL)
        name = subject;
    return name != NULL ? format("The %s %s %s", kind, name, pattern)
                        : format("A %s %s", kind, pattern);
}

/* "organization.domain_verified" becomes "Organization domain verified". */
static char *type_aloud(const char *type, const char *subject)
{
    char *words CLEANUP(free_textp) = format("%s", type != NULL ? type : "event");

    if (words == NULL)
        return NULL;
    for (char *c = words; *c != '\0'; c++)
        if (*c == '.' || *c == '_')
            *c = ' ';
    words[0] = (char)toupper((unsigned char)words[0]);
    return subject != NULL ? format("%s: %s", words, subject) : format("%s", words);
}

static char *in_words(const char *type, const cJSON *data, const char *subject)
{
    if (strcmp(type, "dsync.user.created") == 0)
        return user_event("was added to the directory", data, subject);
    if (strcmp(type, "dsync.user.updated") == 0)
        return user_updated(data, subject);
    if (strcmp(type, "dsync.user.deleted") == 0)
        return user_event("was removed from the directory", data, subject);
    if (strcmp(type, "dsync.group.created") == 0)
        return named_event("group", "was created", data, subject);
    if (strcmp(type, "dsync.group.updated") == 0)
        return group_updated(data, subject);
    if (strcmp(type, "dsync.group.deleted") == 0)
        return named_event("group", "was deleted", data, subject);
    if (strcmp(type, "dsync.group.user_added") == 0)
        return membership("joined", data, subject);
    if (strcmp(type, "dsync.group.user_removed") == 0)
        return membership("left", data, subject);
    if (strcmp(type, "dsync.activated") == 0)
        return named_event("directory", "was connected", data, subject);
    if (strcmp(type, "dsync.deactivated") == 0)
        return named_event("directory", "was disconnected", data, subject);
    if (strcmp(type, "dsync.deleted") == 0)
        return named_event("directory", "was deleted", data, subject);
    return type_aloud(type, subject);
}

char *wording_of(const lk_mirror_event *event)
{
    cJSON *json CLEANUP(delete_jsonp) = NULL;
    const char *subject = event->subject != NULL && *event->subject != '\0' ? event->subject : NULL;

    if (event->json != NULL)
        json = cJSON_ParseWithLength(event->json, event->json_len);
    const cJSON *data = member(json, "data");
    if (!cJSON_IsObject(data))
        return type_aloud(event->type, subject);
    return in_words(event->type, data, subject);
}
