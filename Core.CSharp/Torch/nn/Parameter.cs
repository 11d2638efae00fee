namespace TorchSharp.Modules;

/// <summary>
/// A tensor that a module trains. It belongs to no dispose scope: the module that registers it frees it. Moving a module to another
/// device or dtype keeps the Parameter object, so an optimizer that holds it goes on working.
/// </summary>
public sealed class Parameter : torch.Tensor
{
    /// <summary>Takes over the storage of a tensor; the tensor given is empty afterwards.</summary>
    /// <param name="data">The initial value: a leaf of the autograd graph.</param>
    /// <param name="requires_grad">False freezes it.</param>
    public Parameter(torch.Tensor data, bool requires_grad = true)
        : base(data)
    {
        this.requires_grad = requires_grad;
    }
}
