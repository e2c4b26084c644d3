/* Sound cards that are odd, for tests: loaded before libasound, it changes what ALSA says of some devices.
 *
 * The file named by ODD_CARDS is read at every call, so that a test can change a card while it is in use. A line is
 * the name of a device and what is odd about it; blanks separate, an underscore in a title stands for a blank:
 *
 *   hw:1,0 title=USB_PnP_Sound_Device as=room_mic way=capture rate=48000 channels=2 format=10
 *
 * as       what is opened in its place; a line for hw:N,M also makes a card N with this device in the list of cards
 * way      capture or playback, if the device has only that direction
 * rate, channels, format   the only one that it takes (Hz, count, number of alsa/pcm.h)
 * refuse   the errno with which it cannot be opened
 * gone     the errno with which it fails while it runs
 * silent   delivers nothing but zeros
 * ppm      runs so much faster than it says
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { void *addr; unsigned first, step; } area_t;
typedef struct { char name[64], title[64], as[64], way[16]; int rate, channels, format, refuse, gone, silent, ppm; } odd_t;
typedef struct { void *pcm; char name[64]; int stream; } open_t;

#define MOST 16
static open_t opened[MOST];
static int ctl_card;

#define REAL(name, result, arguments) \
    static result(*real) arguments; \
    if (!real) *(void **)&real = dlsym(alsa(), name)

static void *alsa(void) {
    static void *library;
    if (!library) library = dlopen("libasound.so.2", RTLD_NOW);
    return library;
}

static void take(odd_t *one, char *word) {
    char *value = strchr(word, '=');
    if (!value) return;
    *value++ = 0;
    if (!strcmp(word, "title")) {
        snprintf(one->title, sizeof one->title, "%s", value);
        for (char *at = one->title; *at; at++) if (*at == '_') *at = ' ';
    } else if (!strcmp(word, "as")) snprintf(one->as, sizeof one->as, "%s", value);
    else if (!strcmp(word, "way")) snprintf(one->way, sizeof one->way, "%s", value);
    else {
        struct { const char *key; int *to; } numbers[] = {
            {"rate", &one->rate}, {"channels", &one->channels}, {"format", &one->format}, {"refuse", &one->refuse},
            {"gone", &one->gone}, {"silent", &one->silent}, {"ppm", &one->ppm}};
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            if (!strcmp(word, numbers[i].key)) *numbers[i].to = atoi(value);
    }
}

static int read_odd(odd_t *all) {
    const char *path = getenv("ODD_CARDS");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[512];
    int count = 0;
    if (!file) return 0;
    while (count < MOST && fgets(line, sizeof line, file)) {
        char *rest = NULL, *word = strtok_r(line, " \n", &rest);
        if (!word) continue;
        odd_t *one = &all[count++];
        memset(one, 0, sizeof *one);
        one->format = -1;
        snprintf(one->name, sizeof one->name, "%s", word);
        while ((word = strtok_r(NULL, " \n", &rest))) take(one, word);
    }
    fclose(file);
    return count;
}

static int odd_named(const char *name, odd_t *found) {
    odd_t all[MOST];
    for (int i = 0, count = read_odd(all); i < count; i++)
        if (!strcmp(all[i].name, name)) { *found = all[i]; return 1; }
    return 0;
}

static int odd_of(void *pcm, odd_t *found, int *stream) {
    for (int i = 0; i < MOST; i++)
        if (opened[i].pcm == pcm) { *stream = opened[i].stream; return odd_named(opened[i].name, found); }
    return 0;
}

int snd_pcm_open(void **pcm, const char *name, int stream, int mode) {
    REAL("snd_pcm_open", int, (void **, const char *, int, int));
    odd_t odd;
    if (!odd_named(name, &odd)) return real(pcm, name, stream, mode);
    if (odd.refuse) return -odd.refuse;
    if (*odd.way && strcmp(odd.way, stream ? "capture" : "playback")) return -2;
    int failed = real(pcm, *odd.as ? odd.as : name, stream, mode);
    for (int i = 0; !failed && i < MOST; i++)
        if (!opened[i].pcm) {
            opened[i].pcm = *pcm;
            opened[i].stream = stream;
            snprintf(opened[i].name, sizeof opened[i].name, "%s", name);
            break;
        }
    return failed;
}

int snd_pcm_close(void *pcm) {
    REAL("snd_pcm_close", int, (void *));
    for (int i = 0; i < MOST; i++) if (opened[i].pcm == pcm) opened[i].pcm = NULL;
    return real(pcm);
}

static void hold_to(const char *name, void *pcm, void *params, int value) {
    int (*set)(void *, void *, unsigned, int);
    *(void **)&set = dlsym(alsa(), name);
    set(pcm, params, (unsigned)value, 0); /* those of channels and format take three and ignore the rest */
}

int snd_pcm_hw_params_any(void *pcm, void *params) {
    REAL("snd_pcm_hw_params_any", int, (void *, void *));
    int result = real(pcm, params), stream;
    odd_t odd;
    if (result >= 0 && odd_of(pcm, &odd, &stream)) {
        if (odd.channels) hold_to("snd_pcm_hw_params_set_channels", pcm, params, odd.channels);
        if (odd.format >= 0) hold_to("snd_pcm_hw_params_set_format", pcm, params, odd.format);
        if (odd.rate) hold_to("snd_pcm_hw_params_set_rate", pcm, params, odd.rate);
    }
    return result;
}

int snd_pcm_hw_params_set_rate_near(void *pcm, void *params, unsigned *rate, int *dir) {
    REAL("snd_pcm_hw_params_set_rate_near", int, (void *, void *, unsigned *, int *));
    unsigned wanted = *rate;
    int stream, result;
    odd_t odd;
    if (!odd_of(pcm, &odd, &stream) || !odd.ppm) return real(pcm, params, rate, dir);
    *rate = (unsigned)(wanted * (1.0 + odd.ppm / 1e6) + 0.5);
    result = real(pcm, params, rate, dir);
    *rate = wanted;
    return result;
}

long snd_pcm_avail_update(void *pcm) {
    REAL("snd_pcm_avail_update", long, (void *));
    odd_t odd;
    int stream;
    if (odd_of(pcm, &odd, &stream) && odd.gone) return -odd.gone;
    return real(pcm);
}

int snd_pcm_mmap_begin(void *pcm, const area_t **areas, unsigned long *offset, unsigned long *frames) {
    REAL("snd_pcm_mmap_begin", int, (void *, const area_t **, unsigned long *, unsigned long *));
    int result = real(pcm, areas, offset, frames), stream;
    odd_t odd;
    if (result >= 0 && odd_of(pcm, &odd, &stream) && odd.silent && stream) {
        const area_t *one = *areas;
        memset((char *)one->addr + (one->first + one->step * *offset) / 8, 0, *frames * one->step / 8);
    }
    return result;
}

long snd_pcm_readi(void *pcm, void *buffer, unsigned long frames) {
    REAL("snd_pcm_readi", long, (void *, void *, unsigned long));
    long got = real(pcm, buffer, frames);
    long (*bytes)(void *, long);
    odd_t odd;
    int stream;
    *(void **)&bytes = dlsym(alsa(), "snd_pcm_frames_to_bytes");
    if (got > 0 && odd_of(pcm, &odd, &stream) && odd.silent) memset(buffer, 0, bytes(pcm, got));
    return got;
}

/* The list of cards: one for every line that is called hw:N,M. */

static int card_line(int card, int device, odd_t *found) {
    char name[32];
    snprintf(name, sizeof name, "hw:%d,%d", card, device);
    return odd_named(name, found);
}

int snd_card_next(int *card) {
    odd_t odd;
    for (int next = *card + 1; next < 32; next++)
        for (int device = 0; device < 4; device++)
            if (card_line(next, device, &odd)) { *card = next; return 0; }
    *card = -1;
    return 0;
}

int snd_ctl_open(void **ctl, const char *name, int mode) {
    REAL("snd_ctl_open", int, (void **, const char *, int));
    odd_t odd;
    int card = -1;
    if (sscanf(name, "hw:%d", &card) != 1) return real(ctl, name, mode);
    ctl_card = card;
    *ctl = &ctl_card;
    for (int device = 0; device < 4; device++) if (card_line(card, device, &odd)) return 0;
    return -19;
}

int snd_ctl_close(void *ctl) {
    REAL("snd_ctl_close", int, (void *));
    return ctl == &ctl_card ? 0 : real(ctl);
}

int snd_ctl_card_info(void *ctl, void *info) {
    REAL("snd_ctl_card_info", int, (void *, void *));
    return ctl == &ctl_card ? 0 : real(ctl, info);
}

const char *snd_ctl_card_info_get_name(const void *info) {
    static odd_t odd;
    (void)info;
    for (int device = 0; device < 4; device++) if (card_line(ctl_card, device, &odd)) return odd.title;
    return "";
}

int snd_ctl_pcm_next_device(void *ctl, int *device) {
    odd_t odd;
    (void)ctl;
    for (int next = *device + 1; next < 4; next++)
        if (card_line(ctl_card, next, &odd)) { *device = next; return 0; }
    *device = -1;
    return 0;
}

static unsigned asked_device;
static int asked_stream;

void snd_pcm_info_set_device(void *info, unsigned device) { (void)info; asked_device = device; }
void snd_pcm_info_set_stream(void *info, int stream) { (void)info; asked_stream = stream; }
void snd_pcm_info_set_subdevice(void *info, unsigned device) { (void)info; (void)device; }

int snd_ctl_pcm_info(void *ctl, void *info) {
    odd_t odd;
    (void)ctl; (void)info;
    if (!card_line(ctl_card, (int)asked_device, &odd)) return -2;
    return *odd.way && strcmp(odd.way, asked_stream ? "capture" : "playback") ? -2 : 0;
}

const char *snd_pcm_info_get_name(const void *info) { (void)info; return "Audio"; }
