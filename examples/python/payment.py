# Takes one payment in a silence: python3 payment.py CALL_ID WINDOW_ID. See ../README.md.
import json, os, sys, time
import urllib.error, urllib.request
from urllib.parse import quote

url, key = os.environ.get("TACET_URL"), os.environ.get("TACET_KEY")
lease_ms = int(os.environ.get("LEASE_MS", "60000"))
try_ms = int(os.environ.get("TRY_MS", "15000"))
work_ms = int(os.environ.get("WORK_MS", "3000"))
if not url or not key or len(sys.argv) != 3:
    print("usage: TACET_URL=... TACET_KEY=... python3 payment.py CALL_ID WINDOW_ID", file=sys.stderr)
    sys.exit(2)
call_id, window_id = sys.argv[1:]
AGE_MS_MAX = 12_000  # No answer is relied on for longer, whatever it promises.


def now():
    return time.monotonic() * 1000  # a clock that nobody sets


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(NoRedirect)


def ask(path, body, timeout_ms):
    """The status (0: no answer), how long to wait before asking again, and until when it is safe."""
    asked_at, status, retry_ms, safe_until = now(), 0, 1000, 0
    request = urllib.request.Request(
        url + path,
        json.dumps(body).encode(),
        {"Authorization": "Bearer " + key, "Content-Type": "application/json"},
        method="POST",
    )
    try:
        try:
            response = opener.open(request, timeout=max(0.001, timeout_ms / 1000))
        except urllib.error.HTTPError as error:
            response = error
        with response:
            status = response.status
            retry_ms = min(5000, int(response.headers.get("Retry-After") or 1) * 1000 or 200)
            told = json.loads(response.read(1_000_000))
        # The one boolean, and for as long as it may be obeyed: counted from before the request.
        if status == 200 and told["safeToCollect"] is True:
            safe_until = asked_at + min(told["collectForMs"], AGE_MS_MAX)
    except Exception:
        safe_until = 0  # No answer, or one that cannot be read: not safe.
    return status, retry_ms, safe_until


call = "/v1/calls/" + quote(call_id, safe="")
renew_path = "/v1/windows/" + quote(window_id, safe="") + "/renew"


def pause():
    """Until when it is safe; 0 where it is not. Always the same window id."""
    give_up_at = now() + try_ms
    while True:
        wait_ms = max(0, min(3000, int(give_up_at - now())))
        body = {"windowId": window_id, "reason": "card_payment", "leaseMs": lease_ms, "waitMs": wait_ms}
        status, retry_ms, safe_until = ask(call + "/pause", body, wait_ms + 5000)
        if safe_until > now():
            return safe_until
        # 424 (not every recorder confirmed), 429, 5xx and no answer may change; the others do not.
        final = 400 <= status < 500 and status not in (424, 429)
        if final or now() + retry_ms > give_up_at:
            print(f"not safe: {status}", flush=True)
            return 0
        time.sleep(retry_ms / 1000)


def collect(safe_until):
    """True where it stayed safe until the payment was taken."""
    done_at = now() + work_ms  # Here your card form is open, for WORK_MS in this example.
    renew_at = now()
    while now() < done_at:
        if now() >= safe_until:
            return False
        if now() >= renew_at:
            status, _, renewed = ask(renew_path, {"leaseMs": lease_ms}, safe_until - now())
            if renewed > 0:
                safe_until = renewed
            elif status != 0 and status < 500:
                return False  # It says no. Where none came, the last yes holds until it ends.
            renew_at = now() + min(4000, (safe_until - now()) / 3)
        time.sleep(0.1)
    return now() < safe_until


def resume():
    """Nothing sensitive is said any more. Where it cannot be told, the window's lease ends it."""
    for _ in range(5):
        status, retry_ms, _ = ask(call + "/resume", {"windowId": window_id}, 5000)
        if status in (200, 202):
            print("closed", flush=True)
            return
        if 400 <= status < 500 and status != 429:
            break
        time.sleep(retry_ms / 1000)
    print("left to its lease", flush=True)


kept = False
safe_until = pause()
if safe_until > 0:
    print("safe", flush=True)
    kept = collect(safe_until)
    if not kept:
        print("lost: stop collecting", flush=True)
resume()
sys.exit(0 if kept else 1)
