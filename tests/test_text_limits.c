/* labels: sanitize fast */
/* What cutting into words takes: time that grows with the text, little stack, no lock. */
#include "segment_fixture.h"

#include <pthread.h>
#include <time.h>

static const char counted[] =
    "一 90 m\n两 70 m\n个 80 q\n人 100 n\n个人 60 n\n一个 90 m\n两个 60 m\n植物 30 n\n物 5 n\n";

static double seconds_a_byte(const struct cpl_segmenter *segmenter, const char *unit,
                             size_t length)
{
    struct cpl_buffer text = {0};
    struct cpl_spans words = {0};
    double best = 1e9;
    while (text.length < length)
        cpl_buffer_add_text(&text, unit);
    CHECK(cpl_buffer_check(&text, error));
    for (int run = 0; run < 3; run++) {
        clock_t begin = clock();
        CHECK(cpl_segment(segmenter, &words, text.data, text.length, error));
        double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
        best = seconds < best ? seconds : best;
    }
    cpl_spans_clear(&words);
    cpl_buffer_clear(&text);
    return best / (double)length;
}

/* Whatever stands next to itself, sixteen times as much takes no more than that; work that grows
 * faster would take 256 times as much.  With 50 ns a byte to spare for clocks and caches. */
static void test_linear(void **state)
{
    (void)state;
    static const char *const units[] = {
        "的",   "一",  "龘", "a",    "1",       ".",        "_",  "a.",     "a@", "1,111", "é",
        "1:11", "第1", "😀",  "a://", "2024-1-", "http://.", "'a", "20个人", " ",  "——"};
    struct cpl_segmenter *segmenter = new_segmenter(counted, NULL);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        double small = seconds_a_byte(segmenter, units[i], 1u << 15);
        double large = seconds_a_byte(segmenter, units[i], 1u << 19);
        if (large > 3 * small + 50e-9)
            fail_msg("%s: %.0f ns a byte, then %.0f", units[i], small * 1e9, large * 1e9);
    }
    cpl_segmenter_free(segmenter);
}

struct job {
    const struct cpl_segmenter *segmenter;
    struct cpl_spans words;
    struct cpl_buffer text;
};

static void *cut_job(void *argument)
{
    struct job *job = argument;
    struct cpl_error error;
    cpl_segment(job->segmenter, &job->words, job->text.data, job->text.length, &error);
    return NULL;
}

/* Two threads with 256 KB of stack each share a segmenter. */
static void test_threads(void **state)
{
    (void)state;
    struct job jobs[2] = {0};
    pthread_t threads[2];
    pthread_attr_t attributes;
    struct cpl_segmenter *segmenter = new_segmenter(counted, NULL);
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
    for (int i = 0; i < 2; i++) {
        jobs[i].segmenter = segmenter;
        for (int n = 0; n < 20000; n++)
            cpl_buffer_add_text(&jobs[i].text, n % 7 ? "龘植物一个" : "人20个人x");
        CHECK(cpl_buffer_check(&jobs[i].text, error));
        assert_int_equal(pthread_create(&threads[i], &attributes, cut_job, &jobs[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
    assert_true(jobs[0].words.count > 40000);
    assert_int_equal(jobs[0].words.count, jobs[1].words.count);
    assert_memory_equal(jobs[0].words.span, jobs[1].words.span,
                        jobs[0].words.count * sizeof *jobs[0].words.span);
    for (int i = 0; i < 2; i++) {
        cpl_spans_clear(&jobs[i].words);
        cpl_buffer_clear(&jobs[i].text);
    }
    cpl_segmenter_free(segmenter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
