/* Calls into the interface. */
#include "latchkey-page.h"

G_DEFINE_INTERFACE(LatchkeyPage, latchkey_page, GTK_TYPE_WIDGET)

static void latchkey_page_default_init(LatchkeyPageInterface *iface)
{
    g_signal_new("place-changed", G_TYPE_FROM_INTERFACE(iface), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                 NULL, G_TYPE_NONE, 0);
}

const char *latchkey_page_get_title(LatchkeyPage *self)
{
    return LATCHKEY_PAGE_GET_IFACE(self)->get_title(self);
}

void latchkey_page_go_back(LatchkeyPage *self)
{
    LATCHKEY_PAGE_GET_IFACE(self)->go_back(self);
}

void latchkey_page_search(LatchkeyPage *self)
{
    LATCHKEY_PAGE_GET_IFACE(self)->search(self);
}

void latchkey_page_place_changed(LatchkeyPage *self)
{
    g_signal_emit_by_name(self, "place-changed");
}
