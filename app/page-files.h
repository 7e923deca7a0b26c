/* The files of page/, as the build embeds them. The HTML is NUL-terminated behind its length. */
#ifndef APP_PAGE_FILES_H
#define APP_PAGE_FILES_H

#include <stddef.h>

#define PAGE_FILE(name)                \
    extern const unsigned char name[]; \
    extern const size_t name##_len

PAGE_FILE(account_html);
PAGE_FILE(frame_html);
PAGE_FILE(icon_svg);
PAGE_FILE(notice_html);
PAGE_FILE(page_css);
PAGE_FILE(page_js);
PAGE_FILE(signed_in_html);
PAGE_FILE(signed_out_html);

#endif
