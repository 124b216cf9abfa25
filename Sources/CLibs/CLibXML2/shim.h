// Debian builds libxml2 with ICU, whose headers collide with the copy of ICU that Swift's Foundation brings. Only the
// layout of encoding handlers depends on the switch, and this project uses none of them.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/xmlreader.h>
#include <libxml/xmlerror.h>
#include <libxml/parser.h>
