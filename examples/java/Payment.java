// Takes one payment in a silence: java Payment.java CALL_ID WINDOW_ID. Java 11 or later, no library.
// See ../README.md.
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Payment {
  /** No answer is relied on for longer than this, whatever it promises. */
  static final long AGE_MS_MAX = 12_000;

  static final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  static String url = System.getenv("TACET_URL");
  static String key = System.getenv("TACET_KEY");
  static long leaseMs = setting("LEASE_MS", 60_000);
  static long tryMs = setting("TRY_MS", 15_000);
  static long workMs = setting("WORK_MS", 3_000);
  static String windowId;
  static String call;
  static String renewPath;

  /** Status 0: no answer. `safeUntil` 0: not safe. */
  static class Answer {
    int status = 0;
    long retryMs = 1_000;
    long safeUntil = 0;
  }

  public static void main(String[] args) throws InterruptedException {
    if (url == null || key == null || args.length != 2) {
      System.err.println("usage: TACET_URL=... TACET_KEY=... java Payment.java CALL_ID WINDOW_ID");
      System.exit(2);
    }
    windowId = args[1];
    call = "/v1/calls/" + encoded(args[0]);
    renewPath = "/v1/windows/" + encoded(windowId) + "/renew";
    boolean kept = false;
    long safeUntil = pause();
    if (safeUntil > 0) {
      System.out.println("safe");
      kept = collect(safeUntil);
      if (!kept) System.out.println("lost: stop collecting");
    }
    resume();
    System.exit(kept ? 0 : 1);
  }

  /** Until when it is safe; 0 where it is not. Always the same window id. */
  static long pause() throws InterruptedException {
    long giveUpAt = now() + tryMs;
    for (;;) {
      long waitMs = Math.max(0, Math.min(3_000, giveUpAt - now()));
      String body =
          String.format(
              "{\"windowId\":%s,\"reason\":\"card_payment\",\"leaseMs\":%d,\"waitMs\":%d}",
              quoted(windowId), leaseMs, waitMs);
      Answer answer = ask(call + "/pause", body, waitMs + 5_000);
      if (answer.safeUntil > now()) return answer.safeUntil;
      // 424 (not every recorder confirmed), 429, 5xx and no answer may change; the others do not.
      boolean isFinal =
          answer.status >= 400 && answer.status < 500 && answer.status != 424 && answer.status != 429;
      if (isFinal || now() + answer.retryMs > giveUpAt) {
        System.out.println("not safe: " + answer.status);
        return 0;
      }
      Thread.sleep(answer.retryMs);
    }
  }

  /** True where it stayed safe until the payment was taken. */
  static boolean collect(long safeUntil) throws InterruptedException {
    long doneAt = now() + workMs; // Here your card form is open, for WORK_MS in this example.
    long renewAt = now();
    while (now() < doneAt) {
      if (now() >= safeUntil) return false;
      if (now() >= renewAt) {
        Answer answer = ask(renewPath, "{\"leaseMs\":" + leaseMs + "}", safeUntil - now());
        if (answer.safeUntil > 0) safeUntil = answer.safeUntil;
        // An answer that says no ends it at once; where none came, the last yes holds until it ends.
        else if (answer.status != 0 && answer.status < 500) return false;
        renewAt = now() + Math.min(4_000, (safeUntil - now()) / 3);
      }
      Thread.sleep(100);
    }
    return now() < safeUntil;
  }

  /** Nothing sensitive is said any more. Where it cannot be told, the window's lease ends it. */
  static void resume() throws InterruptedException {
    for (int tries = 0; tries < 5; tries++) {
      Answer answer = ask(call + "/resume", "{\"windowId\":" + quoted(windowId) + "}", 5_000);
      if (answer.status == 200 || answer.status == 202) {
        System.out.println("closed");
        return;
      }
      if (answer.status >= 400 && answer.status < 500 && answer.status != 429) break;
      Thread.sleep(answer.retryMs);
    }
    System.out.println("left to its lease");
  }

  static Answer ask(String path, String body, long timeoutMs) throws InterruptedException {
    long askedAt = now();
    Answer answer = new Answer();
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url + path))
              .timeout(Duration.ofMillis(Math.max(1, timeoutMs)))
              .header("Authorization", "Bearer " + key)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      answer.status = response.statusCode();
      long seconds = Long.parseLong(response.headers().firstValue("retry-after").orElse("1"));
      answer.retryMs = seconds == 0 ? 200 : Math.min(5_000, seconds * 1_000);
      // The one boolean, and for as long as it may be obeyed: counted from before the request.
      if (answer.status == 200 && isSafe(response.body()))
        answer.safeUntil = askedAt + Math.min(collectForMs(response.body()), AGE_MS_MAX);
    } catch (InterruptedException error) {
      throw error;
    } catch (Exception error) {
      answer.safeUntil = 0; // No answer, or one that cannot be read: not safe.
    }
    return answer;
  }

  // Java has no JSON of its own. With a library, read the member `safeToCollect` of the top object.
  // A quote inside a text is written \", so this is a member's name; where one says no, it is no.
  static final Pattern SAFE = Pattern.compile("\"safeToCollect\"\\s*:\\s*(\\w+|\\S)");
  static final Pattern FOR_MS = Pattern.compile("\"collectForMs\"\\s*:\\s*(\\d{1,9})");

  static boolean isSafe(String text) {
    if (!text.startsWith("{")) return false;
    Matcher found = SAFE.matcher(text);
    int count = 0;
    for (; found.find(); count++) if (!found.group(1).equals("true")) return false;
    return count > 0;
  }

  static long collectForMs(String text) {
    long least = -1;
    for (Matcher found = FOR_MS.matcher(text); found.find(); ) {
      long told = Long.parseLong(found.group(1));
      if (least < 0 || told < least) least = told;
    }
    return Math.max(0, least);
  }

  static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A clock that nobody sets. */
  static long now() {
    return System.nanoTime() / 1_000_000;
  }

  static long setting(String name, long otherwise) {
    String text = System.getenv(name);
    return text == null || text.isEmpty() ? otherwise : Long.parseLong(text);
  }
}
