/**
 * The attack suite: what the opponents of docs/threat-model.md would do, done for real against
 * running parts. {@code ./attack} runs it.
 */
@NullMarked
package org.shieldwall.lab.attack;

import org.jspecify.annotations.NullMarked;
