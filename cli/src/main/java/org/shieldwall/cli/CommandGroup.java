package org.shieldwall.cli;

import java.util.List;

/**
 * A command of other commands, which it names here and not to picocli: that would make all of them,
 * with every option, to run one. {@link CommandTree} makes those that the typed words lead to.
 */
public interface CommandGroup extends Runnable {
  /** {@return the classes of its commands, in the order of its help} */
  List<Class<?>> commands();
}
