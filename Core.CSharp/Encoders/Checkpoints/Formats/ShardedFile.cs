using System.Text.Json;
using static TorchSharp.torch;

namespace Research.Encoders.Formats;

/// <summary>
/// Tensors over several files of one folder, with an index ("model.safetensors.index.json") whose weight_map says which file holds which
/// tensor. The index and the shards must agree on every name.
/// </summary>
sealed class ShardedFile : TensorFile
{
    /// <summary>How the name of an index ends.</summary>
    public const string Ending = ".index.json";

    const int MostShards = 1000;
    const long LargestIndex = 64 << 20;

    readonly Dictionary<string, TensorFile> shards;
    readonly Dictionary<string, TensorFile> places = new(StringComparer.Ordinal);
    readonly Dictionary<string, TensorEntry> entries = new(StringComparer.Ordinal);

    ShardedFile(string path, Dictionary<string, TensorFile> shards)
        : base(path, $"{shards.Values.First().Format} in {shards.Count} shards") => this.shards = shards;

    /// <summary>Opens an index and all of its shards.</summary>
    /// <exception cref="FileNotFoundException">A shard is missing; the message names it.</exception>
    /// <exception cref="InvalidDataException">The index is damaged, or does not agree with the shards; the message names the tensor.</exception>
    public static ShardedFile OpenIndex(string path)
    {
        var map = ReadMap(path);
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        var open = new Dictionary<string, TensorFile>(StringComparer.Ordinal);
        try
        {
            foreach (var name in Names(path, map))
            {
                var shard = System.IO.Path.Combine(folder, name);
                if (!File.Exists(shard))
                    throw new FileNotFoundException(
                        $"'{path}': the shard {Quoted(name)} is missing from '{folder}'; fetch it from where the others came from.",
                        shard
                    );
                open.Add(name, TensorFile.Open(shard));
            }
            var file = new ShardedFile(path, open);
            file.Agree(map);
            return file;
        }
        catch
        {
            foreach (var shard in open.Values)
                shard.Dispose();
            throw;
        }
    }

    /// <summary>The files that an index names, which lie beside it, whether or not they are there.</summary>
    /// <exception cref="InvalidDataException">The index is damaged.</exception>
    public static IEnumerable<string> Shards(string path) =>
        Names(path, ReadMap(path))
            .Select(name =>
                System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, name)
            );

    static List<string> Names(string path, Dictionary<string, string> map)
    {
        var names = map.Values.Distinct(StringComparer.Ordinal).ToList();
        return names.Count > MostShards
            ? throw Bad(path, $"it names {names.Count} shards, more than the {MostShards} allowed")
            : names.ConvertAll(name => CheckName(path, name));
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries => entries;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => shards.Values.First().Metadata;

    /// <inheritdoc/>
    public override Tensor Read(string name) => places[name].Read(name);

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var shard in shards.Values)
            shard.Dispose();
    }

    void Agree(Dictionary<string, string> map)
    {
        foreach (var (tensor, name) in map)
        {
            if (!shards[name].Entries.TryGetValue(tensor, out var entry))
            {
                var actual = shards.FirstOrDefault(s => s.Value.Entries.ContainsKey(tensor)).Key;
                throw Bad(
                    Path,
                    actual is null
                        ? $"it places {Quoted(tensor)} in {Quoted(name)}, and no shard holds it"
                        : $"it places {Quoted(tensor)} in {Quoted(name)}, but {Quoted(actual)} holds it"
                );
            }
            entries.Add(tensor, entry);
            places.Add(tensor, shards[name]);
        }
        foreach (var (name, shard) in shards)
            if (shard.Entries.Keys.FirstOrDefault(k => !map.TryGetValue(k, out var at) || at != name) is { } stray)
                throw Bad(Path, $"{Quoted(name)} holds {Quoted(stray)}, which the index does not place there");
    }

    static Dictionary<string, string> ReadMap(string path)
    {
        if (new FileInfo(path).Length > LargestIndex)
            throw Bad(path, $"it has more than the {LargestIndex} bytes allowed");
        try
        {
            using var json = JsonDocument.Parse(
                File.ReadAllBytes(path),
                new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = true }
            );
            if (
                json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("weight_map", out var given)
                || given.ValueKind != JsonValueKind.Object
            )
                throw Bad(path, "it has no object 'weight_map'");
            var map = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var item in given.EnumerateObject())
            {
                if (item.Value.ValueKind != JsonValueKind.String)
                    throw Bad(path, $"{Quoted(item.Name)} is placed in something that is no file name");
                if (!map.TryAdd(item.Name, item.Value.GetString()!))
                    throw Bad(path, $"{Quoted(item.Name)} occurs twice");
            }
            return map.Count > 0 ? map : throw Bad(path, "it places no tensor");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second: text that is not Unicode
        {
            throw new InvalidDataException(Bad(path, $"it is not valid JSON ({Quoted(e.Message)})").Message, e);
        }
    }

    // A shard lies beside its index, whatever the index says.
    static string CheckName(string path, string name) =>
        name.Length is 0 or > 255
        || name.AsSpan().IndexOfAny("/\\\0") >= 0
        || name is "." or ".."
        || name.EndsWith(Ending, StringComparison.Ordinal)
            ? throw Bad(path, $"it names the shard {Quoted(name)}, which is no file beside it")
            : name;

    static InvalidDataException Bad(string path, string problem) =>
        new($"'{path}' is not a usable index of shards: {problem}. Fetch it again with all its shards.");
}
