package org.shieldwall.cli.vm;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import org.shieldwall.cli.host.AgentOptions;
import org.shieldwall.enclave.message.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vm serial}. */
@Command(
    name = "serial",
    description = {
      "Connect this terminal to a VM's serial line; Ctrl-] leaves.",
      "Only where the owner's shielding data is of the class encryption-supported."
    },
    mixinStandardHelpOptions = true)
final class SerialCommand implements Callable<Integer> {
  private static final int CTRL_BRACKET = 0x1d;
  private static final int NEVER = -1;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private AgentOptions agent = new AgentOptions();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Option(
      names = "--for",
      paramLabel = "SECONDS",
      description = "Leave after so long. Default: when the VM ends.")
  private int seconds;

  @Override
  public Integer call() throws IOException {
    VmCommand.checkName(name);
    VmCommand.check(seconds >= 0, "--for " + seconds, "a number of seconds");
    Duration limit = seconds == 0 ? Duration.ofDays(365) : Duration.ofSeconds(seconds);
    try (OpenDoor door = OpenDoor.of(name, Request.Door.SERIAL, agent);
        RawTerminal terminal = RawTerminal.ofThisProcess()) {
      Thread.ofPlatform().daemon().name("keys").start(() -> type(door, terminal));
      if (agent.json()) {
        var said = new ByteArrayOutputStream();
        door.toThe(said, limit);
        spec.commandLine()
            .getOut()
            .println(
                Output.indented(
                    Output.object()
                        .put("name", name)
                        .put("said", said.toString(StandardCharsets.UTF_8))));
        spec.commandLine().getOut().flush();
      } else {
        try (OutputStream out = new FileOutputStream(FileDescriptor.out)) {
          door.toThe(out, limit);
        }
      }
      return 0;
    } catch (IOException problem) {
      throw new Failure(
          "the serial line of " + name + " broke off: " + problem.getMessage(),
          "shieldwall vm show " + name,
          Failure.ENVIRONMENT);
    }
  }

  /** What is typed goes to the guest; an input that ends leaves the line open to be read. */
  private static void type(OpenDoor door, RawTerminal terminal) {
    try {
      door.fromThe(System.in, terminal.isRaw() ? CTRL_BRACKET : NEVER);
      if (terminal.isRaw()) {
        door.socket().shutdown();
      }
    } catch (IOException | IllegalStateException gone) {
      door.socket().shutdown();
    }
  }
}
