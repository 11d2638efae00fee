using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Research.Encoders;
using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>The weights of a frozen teacher: how they are read, and what identifies them.</summary>
public static class TeacherWeights
{
    /// <summary>A model with weights from a file, frozen and in evaluation mode; the caller disposes it.</summary>
    /// <param name="config">
    /// The configuration of weights that do not say their own. Those that do (<see cref="CheckpointFile.SaysItsConfig"/>) keep it.
    /// </param>
    /// <param name="path">
    /// Any checkpoint that <see cref="Checkpoints.Open"/> takes: a public CLIP model, a state dict, or a run's checkpoint (state.safetensors),
    /// whose "model." part is taken.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is of no format that is read, or damaged.</exception>
    /// <exception cref="ArgumentException">The weights do not fit their configuration; the message names them.</exception>
    public static DualEncoder Load(DualEncoderConfig config, string path)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!File.Exists(path) && !Directory.Exists(path))
            throw new FileNotFoundException($"The teacher's weights '{path}' do not exist.", path);
        var model = Read(config, path);
        Freeze(model);
        return model;
    }

    static DualEncoder Read(DualEncoderConfig config, string path)
    {
        try
        {
            using (var own = Checkpoints.Open(path))
                if (own.SaysItsConfig)
                    return own.Load();
            using var file = Checkpoints.Open(path, new() { Config = config });
            return file.Load();
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException(
                $"The teacher's weights '{path}': {e.Message} Weights that say their own configuration need not be of this one's: "
                    + "./research model convert writes such.",
                nameof(path),
                e
            );
        }
    }

    internal static void Freeze(DualEncoder model)
    {
        model.requires_grad_(false);
        model.eval();
    }

    /// <summary>SHA-256 over names, types, shapes and values, in hexadecimal: equal exactly where two models have the same weights.</summary>
    public static string Hash(DualEncoder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, tensor) in model.Weights().OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            using var scope = NewDisposeScope();
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {tensor.dtype} {string.Join(",", tensor.shape)}\n"));
            var values = tensor.detach().to(ScalarType.Float64).cpu().contiguous().reshape(-1).data<double>().ToArray();
            hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Checks that a teacher reads what the student reads.</summary>
    internal static void RequireFit(DualEncoderConfig teacher, DualEncoderConfig student)
    {
        void Same(string field, long theirs, long ours)
        {
            if (theirs != ours)
                throw new ArgumentException(
                    $"The frozen teacher has {field} {theirs}, the trained model {ours}: both read the same images and tokens.",
                    nameof(teacher)
                );
        }
        Same("Vision.ImageSize", teacher.Vision.ImageSize, student.Vision.ImageSize);
        Same("Text.VocabularySize", teacher.Text.VocabularySize, student.Text.VocabularySize);
        Same("Text.EndOfText", teacher.Text.EndOfText, student.Text.EndOfText);
        if (teacher.Text.ContextLength < student.Text.ContextLength)
            Same("Text.ContextLength", teacher.Text.ContextLength, student.Text.ContextLength);
    }
}
