package org.shieldwall.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.shieldwall.host.attest.Evidence;
import org.shieldwall.tpm.command.TpmException;

/** The demonstration's cast and stage, and its steps in order. */
public final class Demo implements AutoCloseable {
  private static final String LOG = "host-boot-log.bin";
  private static final int SECRET_BYTES = 24;

  /** What a step does; it returns what was seen, or fails. */
  public interface Action {
    Seen run() throws Exception;
  }

  /**
   * What was seen.
   *
   * @param finding the code of a refusal, empty otherwise
   */
  public record Seen(String finding, String outcome) {
    public static Seen that(String outcome) {
      return new Seen("", outcome);
    }
  }

  /**
   * A step.
   *
   * @param othersNeedIt whether the steps after it make no sense without it
   */
  public record Step(String name, boolean othersNeedIt, Action action) {
    /** {@return what became of it} */
    public StepResult run() {
      long started = System.nanoTime();
      try {
        Seen seen = action.run();
        return new StepResult(name, true, seen.outcome(), seen.finding(), since(started));
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        return new StepResult(name, false, "interrupted", "", since(started));
      } catch (Exception failed) {
        String why =
            failed instanceof StepFailure
                ? String.valueOf(failed.getMessage())
                : failed.getClass().getSimpleName() + ": " + failed.getMessage();
        return new StepResult(name, false, why, "", since(started));
      }
    }

    private static double since(long started) {
      return (System.nanoTime() - started) / 1e9;
    }
  }

  public final Path work;
  public final Path template;
  public final Path owner;
  public final Path hgs;
  public final Path hgsLog;
  public final int hgsPort;
  public final int webPort;
  public final String secret;
  public final byte[] bootLog;
  public final HostsTpm tpm;
  public final PlayedMachine machine;
  public final PlayedMachine secondMachine;
  public final PlayedMachine strangeMachine;
  public final GuardedHost host;
  public final GuardedHost secondHost;
  public final GuardedHost strangeHost;
  private final List<Step> steps;
  private @Nullable Process hgsProcess;

  /** A stage in the empty folder {@code work}; nothing is started yet. */
  public Demo(Path work, Path template, HostsTpm tpm) {
    this.work = work;
    this.template = template;
    this.tpm = tpm;
    this.owner = work.resolve("owner");
    this.hgs = work.resolve("hgs");
    this.hgsLog = work.resolve("hgs.log");
    this.hgsPort = freePort();
    this.webPort = freePort();
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    this.secret = HexFormat.of().formatHex(random);
    this.bootLog = recordedBoot();
    this.machine = new PlayedMachine(work.resolve("machine"));
    this.secondMachine = new PlayedMachine(work.resolve("machine-2"));
    this.strangeMachine = new PlayedMachine(work.resolve("machine-x"));
    this.host = new GuardedHost(work.resolve("host"));
    this.secondHost = new GuardedHost(work.resolve("host-2"));
    this.strangeHost = new GuardedHost(work.resolve("host-x"));
    List<Step> all = new ArrayList<>(new LifeSteps(this).steps());
    all.addAll(new RefusalSteps(this).steps());
    this.steps = List.copyOf(all);
  }

  /** {@return the steps, in order} */
  public List<Step> steps() {
    return steps;
  }

  public String tpm() {
    return switch (tpm) {
      case HostsTpm.Own(String address) -> address;
      case HostsTpm.Played _ -> machine.tpmPlace();
    };
  }

  public Path eventLog() {
    return switch (tpm) {
      case HostsTpm.Own _ -> Evidence.ofThisBoot().eventLog();
      case HostsTpm.Played _ -> machine.eventLogPath();
    };
  }

  public String hgsUrl() {
    return "https://127.0.0.1:" + hgsPort;
  }

  public Path hgsCertificate() {
    return hgs.resolve("hgs.pem");
  }

  void remember(Process process) {
    hgsProcess = process;
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException problem) {
      throw new StepFailure("no free port: " + problem.getMessage());
    }
  }

  private static byte[] recordedBoot() {
    try (InputStream in = Demo.class.getResourceAsStream(LOG)) {
      if (in == null) {
        throw new StepFailure("the recorded boot is missing from the program");
      }
      return in.readAllBytes();
    } catch (IOException problem) {
      throw new StepFailure("the recorded boot cannot be read: " + problem.getMessage());
    }
  }

  @Override
  public void close() {
    host.close();
    secondHost.close();
    strangeHost.close();
    Process service = hgsProcess;
    if (service != null) {
      service.destroy();
      service.onExit().join();
    }
    for (PlayedMachine played : List.of(machine, secondMachine, strangeMachine)) {
      try {
        played.close();
      } catch (IOException | TpmException gone) {
        System.err.println("note: an swtpm did not end in order: " + gone.getMessage());
      }
    }
  }
}
