/** Reading and writing exactly as many bytes as were asked for. */
@NullMarked
package org.shieldwall.disk.io;

import org.jspecify.annotations.NullMarked;
