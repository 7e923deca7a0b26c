/* Full, striped, hollow. */
#include "latchkey-swatch.h"

enum { SIZE = 14, STRIPE = 2, STRIPE_EVERY = 4 };

struct _LatchkeySwatch {
    GtkWidget parent_instance;
    LatchkeyActivityKind kind;
};

G_DEFINE_FINAL_TYPE(LatchkeySwatch, latchkey_swatch, GTK_TYPE_WIDGET)

static const char *const colors[] = {
    [LATCHKEY_ACTIVITY_CREATED] = "success_color",
    [LATCHKEY_ACTIVITY_UPDATED] = "accent_color",
    [LATCHKEY_ACTIVITY_DELETED] = "error_color",
};

static void draw_stripes(GtkSnapshot *snapshot, const graphene_rect_t *area, const GdkRGBA *color)
{
    GdkRGBA faint = *color;

    faint.alpha *= 0.4F;
    gtk_snapshot_append_color(snapshot, &faint, area);
    /* From below, so that neighbours of different heights have their stripes in line. */
    for (float y = STRIPE_EVERY; y <= area->size.height; y += STRIPE_EVERY) {
        graphene_rect_t stripe;
        graphene_rect_init(&stripe, area->origin.x, area->origin.y + area->size.height - y,
                           area->size.width, STRIPE);
        gtk_snapshot_append_color(snapshot, color, &stripe);
    }
}

static void draw_outline(GtkSnapshot *snapshot, const graphene_rect_t *area, const GdkRGBA *color)
{
    static const float widths[] = { 2, 2, 2, 2 };
    const GdkRGBA all[] = { *color, *color, *color, *color };
    GdkRGBA faint = *color;
    GskRoundedRect outline;

    faint.alpha *= 0.15F;
    gtk_snapshot_append_color(snapshot, &faint, area);
    gsk_rounded_rect_init_from_rect(&outline, area, 0);
    gtk_snapshot_append_border(snapshot, &outline, widths, all);
}

void latchkey_swatch_draw(GtkWidget *widget, GtkSnapshot *snapshot, const graphene_rect_t *area,
                          LatchkeyActivityKind kind)
{
    GtkStyleContext *style = gtk_widget_get_style_context(widget);
    GdkRGBA color = { 0.5F, 0.5F, 0.5F, 1 };

    (void)gtk_style_context_lookup_color(style, colors[kind], &color); /* grey without a theme */
    if (kind == LATCHKEY_ACTIVITY_CREATED)
        gtk_snapshot_append_color(snapshot, &color, area);
    else if (kind == LATCHKEY_ACTIVITY_UPDATED)
        draw_stripes(snapshot, area, &color);
    else
        draw_outline(snapshot, area, &color);
}

static void latchkey_swatch_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    int height = gtk_widget_get_height(widget);
    graphene_rect_t area;

    graphene_rect_init(&area, 0, (float)(height - SIZE) / 2, SIZE, SIZE);
    latchkey_swatch_draw(widget, snapshot, &area, LATCHKEY_SWATCH(widget)->kind);
}

static void latchkey_swatch_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                                    int *minimum, int *natural, int *minimum_baseline,
                                    int *natural_baseline)
{
    (void)widget, (void)orientation, (void)for_size, (void)minimum_baseline, (void)natural_baseline;
    *minimum = SIZE;
    *natural = SIZE;
}

static void latchkey_swatch_class_init(LatchkeySwatchClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    widget_class->snapshot = latchkey_swatch_snapshot;
    widget_class->measure = latchkey_swatch_measure;
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void latchkey_swatch_init(LatchkeySwatch *self)
{
    (void)self;
}

GtkWidget *latchkey_swatch_new(LatchkeyActivityKind kind)
{
    LatchkeySwatch *self = g_object_new(LATCHKEY_TYPE_SWATCH, NULL);

    self->kind = kind;
    return GTK_WIDGET(self);
}
