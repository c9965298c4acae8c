package org.shieldwall.cli.vm;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
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

/** {@code vm console}. */
@Command(
    name = "console",
    description = {
      "Show a VM's screen to one VNC viewer, who also has its keyboard.",
      "Listens on this machine's loopback until the first viewer has come, and ends with him.",
      "Only where the owner's shielding data is of the class encryption-supported."
    },
    mixinStandardHelpOptions = true)
final class ConsoleCommand implements Callable<Integer> {
  private static final Duration ALWAYS = Duration.ofDays(365);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private AgentOptions agent = new AgentOptions();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "5901",
      description = "TCP port of 127.0.0.1 to listen on, 0 for a free one. Default: 5901.")
  private int port;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "How long to wait for the viewer. Default: 60.")
  private int seconds;

  @Override
  public Integer call() {
    VmCommand.checkName(name);
    VmCommand.check(port >= 0 && port < 65536, "--port " + port, "0 to 65535");
    VmCommand.check(seconds > 0 && seconds <= 3600, "--wait " + seconds, "1 to 3600 seconds");
    try (OpenDoor door = OpenDoor.of(name, Request.Door.SCREEN, agent);
        Socket viewer = firstViewer()) {
      show(door, viewer);
      return 0;
    } catch (IOException problem) {
      throw new Failure(
          "the screen of " + name + " was not shown: " + problem.getMessage(),
          "connect a VNC viewer in time; --port names another port",
          Failure.ENVIRONMENT);
    }
  }

  private Socket firstViewer() throws IOException {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    try (ServerSocket listening = new ServerSocket(port, 1, loopback)) {
      listening.setSoTimeout(seconds * 1000);
      say(listening.getLocalPort());
      return listening.accept();
    }
  }

  private void say(int listening) {
    spec.commandLine()
        .getOut()
        .println(
            agent.json()
                ? Output.indented(
                    Output.object()
                        .put("name", name)
                        .put("address", "127.0.0.1")
                        .put("port", listening))
                : "the screen of " + name + " is at 127.0.0.1:" + listening + ", for one viewer");
    spec.commandLine().getOut().flush();
  }

  private static void show(OpenDoor door, Socket viewer) throws IOException {
    Thread.ofPlatform()
        .daemon()
        .name("viewer")
        .start(() -> {
          try {
            door.fromThe(viewer.getInputStream(), -1000);
          } catch (IOException | IllegalStateException gone) {
            // Ends below.
          } finally {
            door.socket().shutdown();
          }
        });
    try {
      door.toThe(viewer.getOutputStream(), ALWAYS);
    } catch (IOException gone) {
      // The viewer has left, or the machine has ended: both are an end.
    }
  }
}
