# Takes one payment in a silence: powershell -File payment.ps1 CALL_ID WINDOW_ID. See ../README.md.
# Windows PowerShell 5.1 and PowerShell 7. Not run by this project's tests where neither is installed.
param([string] $CallId, [string] $WindowId)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

function Setting($name, $otherwise) {
    $text = [Environment]::GetEnvironmentVariable($name)
    if ($text) { [long] $text } else { [long] $otherwise }
}
$url = $env:TACET_URL
$key = $env:TACET_KEY
$leaseMs = Setting 'LEASE_MS' 60000
$tryMs = Setting 'TRY_MS' 15000
$workMs = Setting 'WORK_MS' 3000
if (-not ($url -and $key -and $CallId -and $WindowId)) {
    [Console]::Error.WriteLine('usage: TACET_URL and TACET_KEY set, payment.ps1 CALL_ID WINDOW_ID')
    exit 2
}
# No answer is relied on for longer than this, whatever it promises.
$ageMsMax = 12000

Add-Type -AssemblyName System.Net.Http
$handler = New-Object System.Net.Http.HttpClientHandler
$handler.AllowAutoRedirect = $false
$http = New-Object System.Net.Http.HttpClient($handler)
$http.Timeout = [Threading.Timeout]::InfiniteTimeSpan

# A clock that nobody sets.
$clock = [Diagnostics.Stopwatch]::StartNew()
function Now { $clock.ElapsedMilliseconds }

# Status 0: no answer. SafeUntil 0: not safe.
function Ask([string] $path, $body, [long] $timeoutMs) {
    $askedAt = Now
    $answer = @{ Status = 0; RetryMs = 1000; SafeUntil = [long] 0 }
    $stop = New-Object System.Threading.CancellationTokenSource([int] [Math]::Max(1, $timeoutMs))
    try {
        $request = New-Object System.Net.Http.HttpRequestMessage([System.Net.Http.HttpMethod]::Post, "$url$path")
        [void] $request.Headers.TryAddWithoutValidation('Authorization', "Bearer $key")
        $text = ConvertTo-Json -Compress $body
        $request.Content = New-Object System.Net.Http.StringContent($text, [Text.Encoding]::UTF8, 'application/json')
        $response = $http.SendAsync($request, $stop.Token).GetAwaiter().GetResult()
        $answer.Status = [int] $response.StatusCode
        $after = $response.Headers.RetryAfter
        $seconds = 1
        if ($null -ne $after -and $null -ne $after.Delta) { $seconds = [long] $after.Delta.TotalSeconds }
        $answer.RetryMs = if ($seconds -eq 0) { 200 } else { [Math]::Min(5000, $seconds * 1000) }
        $told = ConvertFrom-Json $response.Content.ReadAsStringAsync().GetAwaiter().GetResult()
        # The one boolean, and for as long as it may be obeyed: counted from before the request.
        if ($answer.Status -eq 200 -and $told.safeToCollect -is [bool] -and $told.safeToCollect) {
            $answer.SafeUntil = $askedAt + [Math]::Min([long] $told.collectForMs, $ageMsMax)
        }
    } catch {
        $answer.SafeUntil = [long] 0 # No answer, or one that cannot be read: not safe.
    } finally {
        $stop.Dispose()
    }
    return $answer
}

$call = '/v1/calls/' + [Uri]::EscapeDataString($CallId)
$renewPath = '/v1/windows/' + [Uri]::EscapeDataString($WindowId) + '/renew'

# Until when it is safe; 0 where it is not. Always the same window id.
function Pause-Call {
    $giveUpAt = (Now) + $tryMs
    while ($true) {
        $waitMs = [Math]::Max(0, [Math]::Min(3000, $giveUpAt - (Now)))
        $body = @{ windowId = $WindowId; reason = 'card_payment'; leaseMs = $leaseMs; waitMs = $waitMs }
        $answer = Ask "$call/pause" $body ($waitMs + 5000)
        if ($answer.SafeUntil -gt (Now)) { return $answer.SafeUntil }
        # 424 (not every recorder confirmed), 429, 5xx and no answer may change; the others do not.
        $isFinal = $answer.Status -ge 400 -and $answer.Status -lt 500 -and $answer.Status -notin 424, 429
        if ($isFinal -or ((Now) + $answer.RetryMs) -gt $giveUpAt) {
            [Console]::WriteLine("not safe: $($answer.Status)")
            return [long] 0
        }
        Start-Sleep -Milliseconds $answer.RetryMs
    }
}

# True where it stayed safe until the payment was taken.
function Collect-Card([long] $safeUntil) {
    $doneAt = (Now) + $workMs # Here your card form is open, for WORK_MS in this example.
    $renewAt = Now
    while ((Now) -lt $doneAt) {
        if ((Now) -ge $safeUntil) { return $false }
        if ((Now) -ge $renewAt) {
            $answer = Ask $renewPath @{ leaseMs = $leaseMs } ($safeUntil - (Now))
            if ($answer.SafeUntil -gt 0) { $safeUntil = $answer.SafeUntil }
            # An answer that says no ends it at once; where none came, the last yes holds until it ends.
            elseif ($answer.Status -ne 0 -and $answer.Status -lt 500) { return $false }
            $renewAt = (Now) + [Math]::Min(4000, ($safeUntil - (Now)) / 3)
        }
        Start-Sleep -Milliseconds 100
    }
    return (Now) -lt $safeUntil
}

# Nothing sensitive is said any more. Where it cannot be told, the window's lease ends it.
function Resume-Call {
    for ($tries = 0; $tries -lt 5; $tries++) {
        $answer = Ask "$call/resume" @{ windowId = $WindowId } 5000
        if ($answer.Status -in 200, 202) { [Console]::WriteLine('closed'); return }
        if ($answer.Status -ge 400 -and $answer.Status -lt 500 -and $answer.Status -ne 429) { break }
        Start-Sleep -Milliseconds $answer.RetryMs
    }
    [Console]::WriteLine('left to its lease')
}

$kept = $false
$safeUntil = Pause-Call
if ($safeUntil -gt 0) {
    [Console]::WriteLine('safe')
    $kept = Collect-Card $safeUntil
    if (-not $kept) { [Console]::WriteLine('lost: stop collecting') }
}
Resume-Call
exit $(if ($kept) { 0 } else { 1 })
