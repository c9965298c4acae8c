/**
 * {@code shieldwall demo}: the whole product on one machine, by its own commands. Every step runs
 * what a person could type; the refusals are attacks played against the running parts.
 */
@NullMarked
package org.shieldwall.cli.demo;

import org.jspecify.annotations.NullMarked;
