<?php
// Takes one payment in a silence: php payment.php CALL_ID WINDOW_ID. See ../README.md.
declare(strict_types=1);

$url = getenv('TACET_URL');
$key = getenv('TACET_KEY');
$leaseMs = (int) (getenv('LEASE_MS') ?: 60000);
$tryMs = (int) (getenv('TRY_MS') ?: 15000);
$workMs = (int) (getenv('WORK_MS') ?: 3000);
if (!$url || !$key || $argc !== 3) {
    fwrite(STDERR, "usage: TACET_URL=... TACET_KEY=... php payment.php CALL_ID WINDOW_ID\n");
    exit(2);
}
[, $callId, $windowId] = $argv;
// No answer is relied on for longer than this, whatever it promises.
const AGE_MS_MAX = 12000;

// A clock that nobody sets.
function now(): float
{
    return hrtime(true) / 1e6;
}

function sleepMs(float $ms): void
{
    usleep((int) ($ms * 1000));
}

/** The status (0: no answer), how long to wait before asking again, and until when it is safe. */
function ask(string $path, array $body, float $timeoutMs): array
{
    global $url, $key;
    $askedAt = now();
    $retryMs = 1000;
    $curl = curl_init($url . $path);
    curl_setopt_array($curl, [
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => json_encode($body),
        CURLOPT_HTTPHEADER => ["Authorization: Bearer $key", 'Content-Type: application/json'],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_FOLLOWLOCATION => false,
        CURLOPT_TIMEOUT_MS => max(1, (int) $timeoutMs),
        CURLOPT_HEADERFUNCTION => function ($_, string $line) use (&$retryMs): int {
            if (preg_match('/^retry-after:\s*(\d+)/i', $line, $found)) {
                $retryMs = min(5000, (int) $found[1] * 1000 ?: 200);
            }
            return strlen($line);
        },
    ]);
    $text = curl_exec($curl);
    if ($text === false) {
        return [0, 1000, 0.0];
    }
    $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    $told = json_decode($text, true);
    $forMs = is_array($told) ? ($told['collectForMs'] ?? 0) : 0;
    // The one boolean, and for as long as it may be obeyed: counted from before the request.
    $safe = $status === 200 && is_array($told) && ($told['safeToCollect'] ?? null) === true && is_int($forMs);
    return [$status, $retryMs, $safe ? $askedAt + min($forMs, AGE_MS_MAX) : 0.0];
}

$call = '/v1/calls/' . rawurlencode($callId);
$renewPath = '/v1/windows/' . rawurlencode($windowId) . '/renew';

/** Until when it is safe; 0 where it is not. Always the same window id. */
function pause(): float
{
    global $call, $windowId, $leaseMs, $tryMs;
    $giveUpAt = now() + $tryMs;
    for (;;) {
        $waitMs = (int) max(0, min(3000, $giveUpAt - now()));
        $body = ['windowId' => $windowId, 'reason' => 'card_payment', 'leaseMs' => $leaseMs, 'waitMs' => $waitMs];
        [$status, $retryMs, $safeUntil] = ask("$call/pause", $body, $waitMs + 5000);
        if ($safeUntil > now()) {
            return $safeUntil;
        }
        // 424 (not every recorder confirmed), 429, 5xx and no answer may change; the others do not.
        $isFinal = $status >= 400 && $status < 500 && !in_array($status, [424, 429], true);
        if ($isFinal || now() + $retryMs > $giveUpAt) {
            echo "not safe: $status\n";
            return 0;
        }
        sleepMs($retryMs);
    }
}

/** True where it stayed safe until the payment was taken. */
function collect(float $safeUntil): bool
{
    global $renewPath, $leaseMs, $workMs;
    $doneAt = now() + $workMs; // Here your card form is open, for WORK_MS in this example.
    $renewAt = now();
    while (now() < $doneAt) {
        if (now() >= $safeUntil) {
            return false;
        }
        if (now() >= $renewAt) {
            [$status, , $renewed] = ask($renewPath, ['leaseMs' => $leaseMs], $safeUntil - now());
            if ($renewed > 0) {
                $safeUntil = $renewed;
            } elseif ($status !== 0 && $status < 500) {
                return false; // It says no. Where none came, the last yes holds until it ends.
            }
            $renewAt = now() + min(4000, ($safeUntil - now()) / 3);
        }
        sleepMs(100);
    }
    return now() < $safeUntil;
}

/** Nothing sensitive is said any more. Where it cannot be told, the window's lease ends it. */
function resume(): void
{
    global $call, $windowId;
    for ($tries = 0; $tries < 5; $tries++) {
        [$status, $retryMs] = ask("$call/resume", ['windowId' => $windowId], 5000);
        if ($status === 200 || $status === 202) {
            echo "closed\n";
            return;
        }
        if ($status >= 400 && $status < 500 && $status !== 429) {
            break;
        }
        sleepMs($retryMs);
    }
    echo "left to its lease\n";
}

$kept = false;
$safeUntil = pause();
if ($safeUntil > 0) {
    echo "safe\n";
    $kept = collect($safeUntil);
    if (!$kept) {
        echo "lost: stop collecting\n";
    }
}
resume();
exit($kept ? 0 : 1);
