/** A small FAT16 volume built in memory: cloud-init's NoCloud seed. */
@NullMarked
package org.shieldwall.disk.fat;

import org.jspecify.annotations.NullMarked;
