/** Hashing a template's partitions, and copying one while its hashes are checked. */
@NullMarked
package org.shieldwall.disk.catalog;

import org.jspecify.annotations.NullMarked;
