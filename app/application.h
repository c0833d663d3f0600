/* The application: one window per process, settings, start-up. */
#pragma once

#include <gtk/gtk.h>

#include "app/arguments.h"
#include "ui/session.h"

G_BEGIN_DECLS

#define MONGE_TYPE_APPLICATION (monge_application_get_type ())
G_DECLARE_FINAL_TYPE (MongeApplication, monge_application, MONGE, APPLICATION, GtkApplication)

/* @arguments: borrowed, must outlive it. @session: may be loading already. */
MongeApplication *monge_application_new (const MongeArguments *arguments, MongeSession *session);

G_END_DECLS
