/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sandbox/front.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "remote/file.h"
#include "remote/system.h"
#include "sandbox/requests.h"
#include "terminal.h"

enum {
    HEAD_MILLISECONDS = 10000,  /* for a head to come in */
    ROOM_MILLISECONDS = 60000,  /* for room to be served */
    LINGER_MILLISECONDS = 1000, /* for a refused client to take its answer */
    PEEK_SIZE = REQUEST_HEAD_MAX + 1,
    VISITOR_GONE = -2, /* beside the results of request_judge */
    EVENT_COUNT = 64,
    TICK_MILLISECONDS = 250,
};

/* A connection on this side of the door, in a list with the oldest first. */
struct visitor {
    struct visitor *next;
    struct visitor *previous;
    int descriptor;
    struct sockaddr_in address;
    uint64_t deadline;
    bool refused; /* answered; what still comes in is thrown away */
    bool sound;   /* judged, and waits for room */
};

struct front {
    int listener;
    int epoll;
    int stop; /* an eventfd */
    pthread_t thread;
    bool started;
    bool full; /* the listener is not watched */
    struct service *service;
    struct visitor head; /* of the list */
    unsigned visitor_count;
    char peeked[PEEK_SIZE];
};

static void visitor_unlink(struct front *front, struct visitor *visitor)
{
    visitor->previous->next = visitor->next;
    visitor->next->previous = visitor->previous;
    front->visitor_count--;
}

static void visitor_append(struct front *front, struct visitor *visitor)
{
    visitor->next = &front->head;
    visitor->previous = front->head.previous;
    front->head.previous->next = visitor;
    front->head.previous = visitor;
    front->visitor_count++;
}

static void visitor_close(struct front *front, struct visitor *visitor)
{
    visitor_unlink(front, visitor);
    close(visitor->descriptor);
    free(visitor);
}

static const char *status_words(int status)
{
    switch (status) {
    case 413:
        return "Payload Too Large";
    case 414:
        return "URI Too Long";
    case 431:
        return "Request Header Fields Too Large";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    default:
        return "Bad Request";
    }
}

/* Answer, and keep the connection until the client has had time to read: closing it with unread
 * bytes would reset it, and take the answer away. */
static void visitor_refuse(struct front *front, struct visitor *visitor, int status)
{
    struct text reply = {0};
    struct text body = {0};

    text_format(&body, "{\"error\":\"%s\"}\n", status_words(status));
    text_format(&reply,
                "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                "Connection: close\r\n\r\n%s",
                status, status_words(status), body.size, text_string(&body));
    (void)send(visitor->descriptor, text_string(&reply), reply.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)shutdown(visitor->descriptor, SHUT_WR);
    text_close(&reply);
    text_close(&body);
    visitor->refused = true;
    visitor->deadline = clock_now() + LINGER_MILLISECONDS;
    visitor_unlink(front, visitor);
    visitor_append(front, visitor);
}

static void visitor_hand_on(struct front *front, struct visitor *visitor)
{
    struct sockaddr_in address = visitor->address;
    int descriptor = visitor->descriptor;

    if (epoll_ctl(front->epoll, EPOLL_CTL_DEL, descriptor, NULL) != 0) {
        visitor_close(front, visitor); /* who stays watched would be looked at when it is freed */
        return;
    }
    visitor_unlink(front, visitor);
    free(visitor);
    service_connect(front->service, descriptor, (const struct sockaddr *)&address, sizeof(address));
}

/* Hand it on, or keep it until there is room. */
static void visitor_admit(struct front *front, struct visitor *visitor)
{
    if (service_has_room(front->service)) {
        visitor_hand_on(front, visitor);
    } else if (!visitor->sound) {
        visitor->sound = true;
        visitor->deadline = clock_now() + ROOM_MILLISECONDS;
    }
}

/* True where more may come. */
static bool visitor_drain(struct front *front, struct visitor *visitor)
{
    ssize_t size = 0;

    do {
        size = recv(visitor->descriptor, front->peeked, sizeof(front->peeked), MSG_DONTWAIT);
    } while (size > 0);
    return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static void visitor_dismiss(struct front *front, struct visitor *visitor, int status)
{
    visitor_refuse(front, visitor, status);
    if (!visitor_drain(front, visitor)) {
        visitor_close(front, visitor);
    }
}

/* What the head is worth so far: as request_judge, or VISITOR_GONE. */
static int visitor_judge(struct front *front, const struct visitor *visitor)
{
    ssize_t size =
        recv(visitor->descriptor, front->peeked, sizeof(front->peeked), MSG_PEEK | MSG_DONTWAIT);

    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return REQUEST_INCOMPLETE;
    }
    return size <= 0 ? VISITOR_GONE : request_judge(front->peeked, (size_t)size);
}

/* True where it was not yet enough to do anything. */
static bool visitor_wait(struct front *front, struct visitor *visitor)
{
    int status = visitor_judge(front, visitor);

    if (status == REQUEST_FINE) {
        visitor_admit(front, visitor);
    } else if (status == VISITOR_GONE) {
        visitor_close(front, visitor);
    } else if (status != REQUEST_INCOMPLETE) {
        visitor_dismiss(front, visitor, status);
    }
    return status == REQUEST_INCOMPLETE;
}

static void visitor_look(struct front *front, struct visitor *visitor)
{
    if (!visitor->refused) {
        (void)visitor_wait(front, visitor);
    } else if (!visitor_drain(front, visitor)) {
        visitor_close(front, visitor);
    }
}

static void visitor_welcome(struct front *front, int descriptor, const struct sockaddr_in *address)
{
    struct visitor *visitor = calloc(1, sizeof(*visitor));

    if (visitor == NULL) {
        close(descriptor);
        return;
    }
    int on = 1;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    visitor->descriptor = descriptor;
    visitor->address = *address;
    visitor->deadline = clock_now() + HEAD_MILLISECONDS;
    visitor_append(front, visitor);
    /* Edge-triggered: peeking leaves the bytes there, and only new ones are news. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = visitor};
    if (epoll_ctl(front->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        visitor_close(front, visitor);
    }
}

/* Who comes when there are too many stays in the queue of the system: closed here, with a head that
 * nobody has read, it would be reset. */
static void visitors_accept(struct front *front)
{
    while (front->visitor_count < VISITOR_COUNT_MAX) {
        struct sockaddr_in address = {0};
        socklen_t size = sizeof(address);
        int descriptor = accept4(front->listener, (struct sockaddr *)&address, &size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            visitor_welcome(front, descriptor, &address);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
            clock_sleep(10); /* the listener stays ready: do not turn in circles */
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

/* The time of a visitor is over. One that waited in vain is told so, and one whose head is there,
 * only that we have not seen it yet, is not to blame. */
static void visitor_expire(struct front *front, struct visitor *visitor)
{
    if (visitor->sound && !visitor->refused) {
        visitor_dismiss(front, visitor, 503);
    } else if (visitor->refused || visitor_wait(front, visitor)) {
        visitor_close(front, visitor);
    }
}

/* They wait for different times, so the whole list is looked at. */
static void visitors_look_after(struct front *front)
{
    uint64_t now = clock_now();

    for (struct visitor *visitor = front->head.next; visitor != &front->head;) {
        struct visitor *next = visitor->next;
        if (now > visitor->deadline) {
            visitor_expire(front, visitor);
        } else if (visitor->sound && !visitor->refused) {
            visitor_admit(front, visitor);
        }
        visitor = next;
    }
}

/* The listener stays ready while its queue is not empty, so it is watched only where that helps. */
static void listener_mind(struct front *front)
{
    bool full = front->visitor_count >= VISITOR_COUNT_MAX;
    struct epoll_event event = {.events = full ? 0 : EPOLLIN, .data.ptr = &front->listener};

    if (full != front->full &&
        epoll_ctl(front->epoll, EPOLL_CTL_MOD, front->listener, &event) == 0) {
        front->full = full;
    }
}

/* False where it is time to stop. */
static bool event_handle(struct front *front, void *what)
{
    if (what == &front->listener) {
        visitors_accept(front);
    } else if (what != &front->stop) {
        visitor_look(front, what);
    }
    return what != &front->stop;
}

static void *front_run(void *context)
{
    struct front *front = context;
    struct epoll_event events[EVENT_COUNT];
    uint64_t looked = clock_now();

    for (bool going = true; going;) {
        int count = epoll_wait(front->epoll, events, EVENT_COUNT, TICK_MILLISECONDS);
        for (int index = 0; going && index < count; index++) {
            going = event_handle(front, events[index].data.ptr);
        }
        if (clock_now() - looked >= TICK_MILLISECONDS) {
            visitors_look_after(front);
            looked = clock_now();
        }
        listener_mind(front);
    }
    return NULL;
}

static bool front_watch(struct front *front, int descriptor, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

    return epoll_ctl(front->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static bool front_listen(struct front *front, unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    socklen_t size = sizeof(address);
    int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    front->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (front->listener < 0 ||
        setsockopt(front->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(front->listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(front->listener, SOMAXCONN) != 0 ||
        getsockname(front->listener, (struct sockaddr *)&address, &size) != 0) {
        return false;
    }
    *port = ntohs(address.sin_port);
    return true;
}

struct front *front_open(unsigned *port)
{
    struct front *front = calloc(1, sizeof(*front));

    if (front == NULL) {
        (void)memory_complain();
        return NULL;
    }
    front->head.next = &front->head;
    front->head.previous = &front->head;
    front->listener = -1;
    front->stop = eventfd(0, EFD_CLOEXEC);
    front->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (front->stop < 0 || front->epoll < 0 || !front_listen(front, port) ||
        !front_watch(front, front->listener, &front->listener) ||
        !front_watch(front, front->stop, &front->stop)) {
        complain("cannot listen on 127.0.0.1:%u: %s", *port, strerror(errno));
        front_close(front);
        return NULL;
    }
    return front;
}

bool front_start(struct front *front, struct service *service)
{
    front->service = service;
    front->started = pthread_create(&front->thread, NULL, front_run, front) == 0;
    return front->started;
}

void front_close(struct front *front)
{
    static const uint64_t one = 1;

    if (front == NULL) {
        return;
    }
    if (front->started) {
        (void)descriptor_write(front->stop, &one, sizeof(one));
        pthread_join(front->thread, NULL);
    }
    while (front->head.next != &front->head) {
        visitor_close(front, front->head.next);
    }
    int descriptors[] = {front->listener, front->epoll, front->stop};
    for (size_t index = 0; index < 3; index++) {
        if (descriptors[index] >= 0) {
            close(descriptors[index]);
        }
    }
    free(front);
}
