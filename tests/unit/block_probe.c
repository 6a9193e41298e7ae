/* SPDX-License-Identifier: MIT */
/* Compiled once for each width, with BLOCK_PROBE as the name of the function. */
#include "block_probe.h"

#include "base/block.h"

void BLOCK_PROBE(const unsigned char *bytes, size_t count, const struct block_question *question,
                 struct block_answers *answers)
{
    struct block block = count == 64 ? block_load(bytes) : block_load_some(bytes, count);
    struct block before = block_load(question->before);
    struct block some = count == 64 ? block_load_some(bytes, count) : block;
    answers->loads_alike = block_same(&block, &some) == UINT64_MAX;
    answers->looks_up = false;
    answers->has_between = false;
    answers->equal = block_equal(&block, question->wanted);
    struct block spread = block_spread(question->wanted);
    answers->same = block_same(&block, &spread);
    answers->control = block_control(&block);
    answers->high = block_high(&block);
#if defined(BLOCK_LOOKS_UP)
    struct text_tables tables = text_tables_make();
    answers->text_suspects = block_text_suspects(&block, &before, &tables);
    answers->looks_up = true;
#elif defined(__SSE2__) && !defined(BLOCK_PLAIN)
    answers->between = block_between(&block, question->low, question->top);
    answers->has_between = true;
#endif
    answers->position_count = mask_count(answers->equal);
    mask_positions(answers->equal, 1000, answers->positions);
    mask_ranks(answers->equal, answers->equal | answers->control, 2000, answers->ranks);
    answers->prefix_xor = mask_prefix_xor(answers->equal);
    block_store(&block, answers->stored);
    struct block products = block_word_products(&block, &before);
    block_store(&products, (unsigned char *)answers->products);
    struct block blocks[8];
    for (unsigned index = 0; index < 8; index++) {
        struct block number = block_spread_word(index);
        blocks[index] = block_add_words(&block, &number);
    }
    blocks_word_sums(blocks, answers->sums);
    struct block folded = block_fold(&block);
    block_store(&folded, answers->folded);
}
