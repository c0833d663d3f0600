/* Keeps libraries loaded until the end, so that the leak sanitizer can name the functions of graphics
 * drivers and its suppressions find them. Linked in where the address sanitizer is on. */
int dlclose (void *handle);

__attribute__ ((visibility ("default"))) int
dlclose (void *handle)
{
  (void) handle;
  return 0;
}
