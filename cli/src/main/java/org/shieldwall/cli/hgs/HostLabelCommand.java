package org.shieldwall.cli.hgs;

import java.util.List;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.Output;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code hgs host label}. */
@Command(
    name = "label",
    description = {
      "Give a host labels, or take them away.",
      "A label with a policy (hgs policy assign) holds its hosts to that policy; without one they are"
          + " held to the default."
    },
    mixinStandardHelpOptions = true)
final class HostLabelCommand implements Runnable {
  @Parameters(index = "0", paramLabel = "HOST", description = "The host's name.")
  private String host = "";

  @Parameters(index = "1..*", arity = "0..*", paramLabel = "LABEL", description = "Labels to give.")
  private List<String> labels = List.of();

  @Option(names = "--remove", paramLabel = "LABEL", description = "Take this label away.")
  private List<String> remove = List.of();

  @Mixin private HgsOptions options = new HgsOptions();

  @Override
  public void run() {
    if (labels.isEmpty() && remove.isEmpty()) {
      throw new Failure(
          "name a label to give, or one to take away",
          "shieldwall hgs host label " + host + " LABEL, or --remove LABEL",
          Failure.MALFORMED);
    }
    List<String> now = options.administer(admin -> admin.fleet().label(host, labels, remove));
    ObjectNode node = Output.object().put("name", host);
    ArrayNode array = node.putArray("labels");
    now.forEach(array::add);
    options.print(
        node,
        () ->
            options
                .out()
                .println(
                    "Host "
                        + host
                        + (now.isEmpty()
                            ? " has no label"
                            : " has the labels " + String.join(", ", now))));
  }
}
