namespace GossipCluster.Core.DataTypes;

/// <summary>Checks what can be checked of an operation without any state: types, names, depth, sizes.</summary>
public static class OperationValidator
{
    /// <summary>Null where the operation is good for a datum of this type.</summary>
    public static OperationError? Check(DataType type, Operation operation, OperationLimits limits)
    {
        var budget = new Budget(limits);
        return Check(type, operation, 0, ref budget) ?? budget.Complaint(type);
    }

    private static OperationError? Check(DataType type, Operation operation, int depth, ref Budget budget)
    {
        if (operation.Type is { } wanted && wanted != type)
        {
            return new OperationError(OperationProblem.WrongType, $"An operation for a {Name(wanted)} was sent to a {Name(type)}.", type);
        }

        if (depth > OperationLimits.DepthMax)
        {
            return new OperationError(OperationProblem.TooDeep, $"Maps are nested more than {OperationLimits.DepthMax} deep.", DataType.Map);
        }

        switch (operation)
        {
            case Operation.UpdateSet update:
                return CheckElements(update.Add, type, ref budget) ?? CheckElements(update.Remove, type, ref budget);
            case Operation.AddToGSet add:
                return CheckElements(add.Add, type, ref budget);
            case Operation.AddToHll add:
                return CheckElements(add.Add, type, ref budget);
            case Operation.Assign assign:
                budget.Spend(assign.Value.Length);
                return assign.Value.Length <= budget.Limits.RegisterBytesMax ? null
                    : TooLarge($"A register's value has {assign.Value.Length} bytes; at most {budget.Limits.RegisterBytesMax} are allowed.", type);
            case Operation.UpdateMap update:
                return CheckMap(update, depth, ref budget);
            case Operation.Delete when depth > 0:
                return new OperationError(OperationProblem.WrongType, "Delete is for a whole datum; a map's field is removed with the map's remove.", type);
            default:
                return null;
        }
    }

    private static OperationError? CheckMap(Operation.UpdateMap update, int depth, ref Budget budget)
    {
        var seen = update.Update.Count > 1 ? new HashSet<FieldName>() : null;
        foreach (var field in update.Remove)
        {
            if (CheckField(field, ref budget) is { } error) return error;
        }

        foreach (var (field, operation) in update.Update)
        {
            if (CheckField(field, ref budget) is { } error) return error;
            if (seen is not null && !seen.Add(field)) return new OperationError(OperationProblem.BadField, $"The field '{field}' is updated twice in one operation.", DataType.Map);
            if (Check(field.Type, operation, depth + 1, ref budget) is { } below) return below;
        }

        return null;
    }

    private static OperationError? CheckField(FieldName field, ref Budget budget)
    {
        budget.Spend(field.Bytes.Length);
        if (!Enum.IsDefined(field.Type)) return new OperationError(OperationProblem.BadField, $"The field '{field.Text}' has no known type.", DataType.Map);
        return field.Bytes.Length <= OperationLimits.FieldNameBytesMax ? null : new OperationError(
            OperationProblem.BadField, $"A field's name has {field.Bytes.Length} bytes; at most {OperationLimits.FieldNameBytesMax} are allowed.", DataType.Map);
    }

    private static OperationError? CheckElements(IReadOnlyList<ReadOnlyMemory<byte>> elements, DataType type, ref Budget budget)
    {
        for (var i = 0; i < elements.Count; i++)
        {
            budget.Spend(elements[i].Length);
            if (elements[i].Length > OperationLimits.ElementBytesMax)
            {
                return TooLarge($"An element has {elements[i].Length} bytes; at most {OperationLimits.ElementBytesMax} are allowed.", type);
            }
        }

        return null;
    }

    private static OperationError TooLarge(string sentence, DataType type) => new(OperationProblem.TooLarge, sentence, type);

    private static string Name(DataType type) => type.ToString().ToLowerInvariant();

    private struct Budget(OperationLimits limits)
    {
        private int _items;
        private long _bytes;

        public OperationLimits Limits { get; } = limits;

        public void Spend(int bytes)
        {
            _items++;
            _bytes += bytes;
        }

        public readonly OperationError? Complaint(DataType type) =>
            _items > Limits.OperationItemsMax ? TooLarge($"The operation names {_items} elements and fields; at most {Limits.OperationItemsMax} are allowed in one.", type)
            : _bytes > Limits.OperationBytesMax ? TooLarge($"The operation holds {_bytes} bytes; at most {Limits.OperationBytesMax} are allowed in one.", type)
            : null;
    }
}
