/* POST /api_keys/validations: whether a value is a key that a customer of the program has made. */
#include "handlers.h"
#include "json.h"

void handle_validate_api_key(exchange *self)
{
    AUTO_JSON body = exchange_body(self);
    const char *value = json_text(body, "value");
    if (!value) {
        answer_field_error(self, "value", "required", "value is required");
        return;
    }
    cJSON *key = records_find_by(&self->state->api_keys, "_value", value);
    AUTO_JSON answer = json_object();
    if (key)
        json_set_time(key, "last_used_at", state_now(self->state));
    json_set(answer, "api_key", key ? record_view(key) : NULL);
    answer_json(self, 200, answer);
}
