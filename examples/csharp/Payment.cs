// Takes one payment in a silence: Payment.exe CALL_ID WINDOW_ID. See ../README.md.
// C# 7, for .NET Framework 4.8, .NET 8 and Mono; no package.
//   csc /r:System.Net.Http.dll /r:System.Runtime.Serialization.dll /r:System.Xml.Linq.dll Payment.cs
// (mcs on Mono; in a project of .NET 8 nothing has to be named.)
using System;
using System.Diagnostics;
using System.IO;
using System.Net.Http;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using System.Xml;
using System.Xml.Linq;

static class Payment
{
    // No answer is relied on for longer than this, whatever it promises.
    const long AgeMsMax = 12000;

    static readonly string Url = Environment.GetEnvironmentVariable("TACET_URL");
    static readonly string Key = Environment.GetEnvironmentVariable("TACET_KEY");
    static readonly long LeaseMs = Setting("LEASE_MS", 60000);
    static readonly long TryMs = Setting("TRY_MS", 15000);
    static readonly long WorkMs = Setting("WORK_MS", 3000);
    static readonly HttpClient Http =
        new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
    static readonly Stopwatch Clock = Stopwatch.StartNew();

    // A clock that nobody sets.
    static long Now { get { return Clock.ElapsedMilliseconds; } }

    // Status 0: no answer. SafeUntil 0: not safe.
    class Answer
    {
        public int Status;
        public long RetryMs = 1000;
        public long SafeUntil;
    }

    [DataContract]
    class Window
    {
        [DataMember(Name = "windowId", EmitDefaultValue = false)] public string WindowId;
        [DataMember(Name = "reason", EmitDefaultValue = false)] public string Reason;
        [DataMember(Name = "leaseMs", EmitDefaultValue = false)] public long? LeaseMs;
        [DataMember(Name = "waitMs", EmitDefaultValue = false)] public long? WaitMs;
    }

    static string windowId, call, renewPath;

    static int Main(string[] args)
    {
        if (string.IsNullOrEmpty(Url) || string.IsNullOrEmpty(Key) || args.Length != 2)
        {
            Console.Error.WriteLine("usage: TACET_URL and TACET_KEY set, Payment.exe CALL_ID WINDOW_ID");
            return 2;
        }
        windowId = args[1];
        call = "/v1/calls/" + Uri.EscapeDataString(args[0]);
        renewPath = "/v1/windows/" + Uri.EscapeDataString(windowId) + "/renew";
        return Run().GetAwaiter().GetResult();
    }

    static async Task<int> Run()
    {
        var kept = false;
        var safeUntil = await Pause();
        if (safeUntil > 0)
        {
            Console.WriteLine("safe");
            kept = await Collect(safeUntil);
            if (!kept) Console.WriteLine("lost: stop collecting");
        }
        await Resume();
        return kept ? 0 : 1;
    }

    // Until when it is safe; 0 where it is not. Always the same window id.
    static async Task<long> Pause()
    {
        var giveUpAt = Now + TryMs;
        for (;;)
        {
            var waitMs = Math.Max(0, Math.Min(3000, giveUpAt - Now));
            var body = new Window { WindowId = windowId, Reason = "card_payment", LeaseMs = LeaseMs, WaitMs = waitMs };
            var answer = await Ask(call + "/pause", body, waitMs + 5000);
            if (answer.SafeUntil > Now) return answer.SafeUntil;
            // 424 (not every recorder confirmed), 429, 5xx and no answer may change; the others do not.
            var isFinal = answer.Status >= 400 && answer.Status < 500 && answer.Status != 424 && answer.Status != 429;
            if (isFinal || Now + answer.RetryMs > giveUpAt)
            {
                Console.WriteLine("not safe: " + answer.Status);
                return 0;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(answer.RetryMs));
        }
    }

    // True where it stayed safe until the payment was taken.
    static async Task<bool> Collect(long safeUntil)
    {
        var doneAt = Now + WorkMs; // Here your card form is open, for WORK_MS in this example.
        var renewAt = Now;
        while (Now < doneAt)
        {
            if (Now >= safeUntil) return false;
            if (Now >= renewAt)
            {
                var answer = await Ask(renewPath, new Window { LeaseMs = LeaseMs }, safeUntil - Now);
                if (answer.SafeUntil > 0) safeUntil = answer.SafeUntil;
                // An answer that says no ends it at once; where none came, the last yes holds until it ends.
                else if (answer.Status != 0 && answer.Status < 500) return false;
                renewAt = Now + Math.Min(4000, (safeUntil - Now) / 3);
            }
            await Task.Delay(100);
        }
        return Now < safeUntil;
    }

    // Nothing sensitive is said any more. Where it cannot be told, the window's lease ends it.
    static async Task Resume()
    {
        for (var tries = 0; tries < 5; tries++)
        {
            var answer = await Ask(call + "/resume", new Window { WindowId = windowId }, 5000);
            if (answer.Status == 200 || answer.Status == 202)
            {
                Console.WriteLine("closed");
                return;
            }
            if (answer.Status >= 400 && answer.Status < 500 && answer.Status != 429) break;
            await Task.Delay(TimeSpan.FromMilliseconds(answer.RetryMs));
        }
        Console.WriteLine("left to its lease");
    }

    static async Task<Answer> Ask(string path, Window body, long timeoutMs)
    {
        var askedAt = Now;
        var answer = new Answer();
        try
        {
            using (var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(1, timeoutMs))))
            using (var request = new HttpRequestMessage(HttpMethod.Post, Url + path))
            {
                request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Key);
                request.Content = new StringContent(Written(body), new UTF8Encoding(false), "application/json");
                using (var response = await Http.SendAsync(request, stop.Token))
                {
                    answer.Status = (int)response.StatusCode;
                    var after = response.Headers.RetryAfter;
                    var seconds = after != null && after.Delta.HasValue ? (long)after.Delta.Value.TotalSeconds : 1;
                    answer.RetryMs = seconds == 0 ? 200 : Math.Min(5000, seconds * 1000);
                    // The one boolean, and for as long as it may be obeyed: counted from before the request.
                    if (answer.Status == 200)
                    {
                        var told = Read(await response.Content.ReadAsByteArrayAsync());
                        if (IsTrue(told.Element("safeToCollect")))
                            answer.SafeUntil = askedAt + Math.Min((long)told.Element("collectForMs"), AgeMsMax);
                    }
                }
            }
        }
        catch (Exception)
        {
            answer.SafeUntil = 0; // No answer, or one that cannot be read: not safe.
        }
        return answer;
    }

    static string Written(Window body)
    {
        using (var stream = new MemoryStream())
        {
            new DataContractJsonSerializer(typeof(Window)).WriteObject(stream, body);
            return Encoding.UTF8.GetString(stream.ToArray());
        }
    }

    static XElement Read(byte[] bytes)
    {
        using (var reader = JsonReaderWriterFactory.CreateJsonReader(bytes, XmlDictionaryReaderQuotas.Max))
            return XElement.Load(reader);
    }

    // The boolean, not the text "true".
    static bool IsTrue(XElement member)
    {
        return member != null && (string)member.Attribute("type") == "boolean" && member.Value == "true";
    }

    static long Setting(string name, long otherwise)
    {
        var text = Environment.GetEnvironmentVariable(name);
        return string.IsNullOrEmpty(text) ? otherwise : long.Parse(text);
    }
}
