/* SPDX-License-Identifier: MIT */
/* Compiled once for each width, with BLOCK_PROBE as the name of the function. */
#include "block_probe.h"

#include "base/block.h"

void BLOCK_PROBE(const unsigned char *bytes, size_t count, const struct block_question *question,
                 struct block_answers *answers)
{
    struct block block = count == 64 ? block_load(bytes) : block_load_some(bytes, count);
    answers->equal = block_equal(&block, question->wanted);
    answers->unusual = block_unusual(&block);
    answers->high = block_high(&block);
    answers->between = block_between(&block, question->low, question->top);
    answers->prefix_xor = mask_prefix_xor(answers->equal);
    block_store(&block, answers->stored);
    struct block folded = block_fold(&block);
    block_store(&folded, answers->folded);
}
