/* Two providers of security labels that accept every label: what a server needs so that a restore can set them. */
#include "postgres.h"
#include "commands/seclabel.h"
#include "fmgr.h"

PG_MODULE_MAGIC;

void _PG_init(void);

static void
accept(const ObjectAddress *object, const char *label)
{
}

void
_PG_init(void)
{
	register_label_provider("pgark_test", accept);
	register_label_provider("Pgark \"Odd\" one", accept);
}
