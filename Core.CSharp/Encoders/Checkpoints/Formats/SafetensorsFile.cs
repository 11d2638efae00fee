using Microsoft.Win32.SafeHandles;
using Research.Engine;
using static TorchSharp.torch;

namespace Research.Encoders.Formats;

/// <summary>One safetensors file.</summary>
sealed class SafetensorsFile : TensorFile
{
    readonly SafeFileHandle file;
    readonly SafetensorsHeader header;
    readonly Dictionary<string, SafetensorsEntry> places;

    /// <inheritdoc cref="TensorFile.Open"/>
    public SafetensorsFile(string path)
        : base(path, "safetensors")
    {
        file = File.OpenHandle(path);
        try
        {
            header = SafetensorsHeader.Read(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        places = header.Entries.ToDictionary(e => e.Name);
        Entries = header.Entries.ToDictionary(e => e.Name, e => new TensorEntry(e.Name, e.Type, e.Shape));
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <inheritdoc/>
    public override Tensor Read(string name) => Safetensors.Read(Path, file, header, places[name]);

    /// <inheritdoc/>
    public override void Dispose() => file.Dispose();
}
