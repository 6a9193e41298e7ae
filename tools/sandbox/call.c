/* SPDX-License-Identifier: MIT */
#include "sandbox/call.h"

#include "remote/json_text.h"

void call_answer(struct call *call, unsigned status, json_t *document)
{
    text_clear(&call->reply);
    json_append(&call->reply, document);
    text_put(&call->reply, "\n");
    json_decref(document);
    call->status = status;
    if (call->reply.exhausted) {
        text_close(&call->reply);
        text_put(&call->reply, "{\"error\":\"Internal Server Error\"}\n");
        call->status = 500;
    }
}

void call_refuse(struct call *call, unsigned status, const char *error)
{
    call_answer(call, status, json_pack("{s:s}", "error", error));
}

void call_refuse_sparkwise(struct call *call, unsigned status, const char *message)
{
    call_answer(call, status,
                json_pack("{s:b, s:{s:s, s:{}}, s:n}", "success", 0, "error", "message", message,
                          "metadata", "data"));
}
