/** GUID partition tables (UEFI 2.10, chapter 5), read strictly and written deterministically. */
@NullMarked
package org.shieldwall.disk.gpt;

import org.jspecify.annotations.NullMarked;
