/**
 * Copies of VMs for whoever keeps backups: nothing in them is readable, and each block is named by
 * its digest (formats.md, "Backup").
 */
@NullMarked
package org.shieldwall.host.vm.backup;

import org.jspecify.annotations.NullMarked;
