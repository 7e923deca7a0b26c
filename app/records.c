/* The mirror's records as JSON; see records.h. */
#include "records.h"

#include "fail.h"
#include "wording.h"

#include <string.h>

static void print_times(FILE *out, bool *first, int64_t created_at_ms, int64_t updated_at_ms)
{
    print_json_name(out, first, "created_at");
    print_json_time(out, created_at_ms);
    print_json_name(out, first, "updated_at");
    print_json_time(out, updated_at_ms);
}

/* Groups as ids, or as WorkOS' API has them: as objects. */
static void print_groups(FILE *out, const lk_directory_user *user, bool as_objects)
{
    if (!as_objects) {
        print_json_texts(out, user->groups, user->n_groups);
        return;
    }
    fputc('[', out);
    for (size_t i = 0; i < user->n_groups; i++) {
        bool first = true;
        fputs(i > 0 ? ",{" : "{", out);
        print_json_field(out, &first, "id", user->groups[i]);
        fputc('}', out);
    }
    fputc(']', out);
}

static void print_user(FILE *out, const lk_directory_user *user, bool groups_as_objects)
{
    const char *attributes = user->custom_attributes_json;
    bool first = true;

    fputc('{', out);
    print_json_field(out, &first, "id", user->id);
    print_json_field(out, &first, "directory_id", user->directory_id);
    print_json_field(out, &first, "organization_id", user->organization_id);
    print_json_field(out, &first, "idp_id", user->idp_id);
    print_json_field(out, &first, "email", user->email);
    print_json_field(out, &first, "first_name", user->first_name);
    print_json_field(out, &first, "last_name", user->last_name);
    print_json_field(out, &first, "state", user->state);
    print_json_field(out, &first, "role", user->role);
    print_json_name(out, &first, "groups");
    print_groups(out, user, groups_as_objects);
    print_json_name(out, &first, "custom_attributes");
    if (attributes != NULL && *attributes != '\0')
        print_json_raw(out, attributes, strlen(attributes));
    else
        fputs("{}", out);
    print_times(out, &first, user->created_at_ms, user->updated_at_ms);
    fputc('}', out);
}

void record_print_user(FILE *out, const lk_directory_user *user)
{
    print_user(out, user, false);
}

void record_print_replica_user(FILE *out, const lk_directory_user *user)
{
    print_user(out, user, true);
}

void record_print_group(FILE *out, const lk_directory_group *group)
{
    bool first = true;

    fputc('{', out);
    print_json_field(out, &first, "id", group->id);
    print_json_field(out, &first, "directory_id", group->directory_id);
    print_json_field(out, &first, "organization_id", group->organization_id);
    print_json_field(out, &first, "idp_id", group->idp_id);
    print_json_field(out, &first, "name", group->name);
    print_json_name(out, &first, "members");
    print_json_texts(out, group->members, group->n_members);
    print_times(out, &first, group->created_at_ms, group->updated_at_ms);
    fputc('}', out);
}

void record_print_directory(FILE *out, const lk_directory *directory)
{
    bool first = true;

    fputc('{', out);
    print_json_field(out, &first, "id", directory->id);
    print_json_field(out, &first, "organization_id", directory->organization_id);
    print_json_field(out, &first, "name", directory->name);
    print_json_field(out, &first, "type", directory->type);
    print_json_field(out, &first, "state", directory->state);
    print_times(out, &first, directory->created_at_ms, directory->updated_at_ms);
    fputc('}', out);
}

void record_print_event(FILE *out, const lk_mirror_event *event)
{
    char *summary CLEANUP(free_textp) = wording_of(event);
    size_t skip = 0;

    while (skip < event->json_len && event->json[skip] != '{')
        skip++;
    fputs("{\"summary\":", out);
    print_json_text(out, summary);
    if (skip == event->json_len) {
        fputc('}', out);
        return;
    }
    fputc(',', out);
    print_json_raw(out, event->json + skip + 1, event->json_len - skip - 1);
}

char *record_user_name(const lk_directory_user *user)
{
    const char *first = user->first_name != NULL ? user->first_name : "";
    const char *last = user->last_name != NULL ? user->last_name : "";
    char *name = NULL;

    if (*first == '\0' && *last == '\0')
        return NULL;
    if (asprintf(&name, "%s%s%s", first, *first != '\0' && *last != '\0' ? " " : "", last) < 0)
        return NULL;
    return name;
}
