/* SPDX-License-Identifier: MIT */
/*
 * Indexes of a tree from the top down: roots first, children behind their parents, and both in
 * ascending order. What lies on or below a circle has no place in it.
 *
 * Who wants a few of a large tree chooses them. The order is that of the whole tree with the others
 * left out, and costs no more than those few and what is above them.
 */
#ifndef MUSTER_PLAN_TREE_ORDER_H
#define MUSTER_PLAN_TREE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

struct tree_order {
    uint32_t *places; /* the indexes */
    uint32_t count;
    bool whole; /* none is left out because of a circle */
};

/*
 * The order of `count` indexes, each with its parent or ORG_NONE; of those alone that have a bit in
 * `chosen`, where it is not NULL, and of all above them, who are given one. False where memory ran
 * out. A zeroed order may be closed too.
 */
bool tree_order_open(struct tree_order *order, const uint32_t *parents, uint32_t count,
                     uint64_t *chosen);
void tree_order_close(struct tree_order *order);

/* Give a bit to all who are below one that has a bit. False where memory ran out. */
bool tree_choose_below(uint64_t *chosen, const uint32_t *parents, uint32_t count);

#endif
