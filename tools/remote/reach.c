/* SPDX-License-Identifier: MIT */
#include "remote/reach.h"

#include "command.h"
#include "output.h"
#include "remote/receipt.h"
#include "terminal.h"

int remote_base_read(struct http_url *base, const struct remote_options *options,
                     const char *usual_base, const struct command *command)
{
    const char *text = options->base != NULL ? options->base : usual_base;
    const char *why = NULL;

    if (http_base_read(base, text, &why)) {
        return EXIT_DONE;
    }
    if (why == http_no_memory) {
        return memory_complain();
    }
    return options_wrong(command, NULL, "--base %s: %s", text, why);
}

int remote_reach(struct reach *reach, const struct remote_options *options, const char *usual_base,
                 const struct command *command)
{
    int result = remote_base_read(&reach->base, options, usual_base, command);
    if (result != EXIT_DONE) {
        return result;
    }
    http_url_write(&reach->base_text, &reach->base);
    if (reach->base_text.exhausted) {
        return memory_complain(); /* what is left of it may be another place */
    }
    return token_read(&reach->token, options->token_file);
}

int remote_connect(struct reach *reach, const struct remote_options *options,
                   const char *key_header)
{
    const struct http_options http = {
        .base = &reach->base,
        .token = &reach->token,
        .key_header = key_header,
        .timeout = options->timeout * 1000,
    };

    return http_session_open(&reach->session, &http);
}

void remote_leave(struct reach *reach)
{
    http_session_close(reach->session);
    token_close(&reach->token);
    text_close(&reach->base_text);
}

int remote_judge_streams(const struct inputs *inputs, const char *from,
                         const struct remote_options *options, const struct command *command)
{
    const char *token = token_path(options->token_file);

    int result = inputs_judge_from(inputs, from, command);
    if (result != EXIT_DONE) {
        return result;
    }
    if (token != NULL && from != NULL && is_standard_input(token) && is_standard_input(from)) {
        return standard_input_twice(command);
    }
    return inputs_judge_from(inputs, token, command);
}

int remote_judge_lock(const char *receipt, const char *output)
{
    struct text name = {0};

    if (receipt == NULL) {
        return EXIT_DONE;
    }
    receipt_lock_name(&name, receipt);
    int result = name.exhausted ? memory_complain() : output_judge_both(text_string(&name), output);
    text_close(&name);
    return result;
}

int remote_write(const char *path, const struct text *text)
{
    struct output output;

    int result = text->exhausted ? memory_complain() : output_open(&output, path);
    if (result == EXIT_DONE) {
        bool written = output_write(&output, text_string(text), text->size);
        result = output_close(&output, written);
    }
    return result;
}
