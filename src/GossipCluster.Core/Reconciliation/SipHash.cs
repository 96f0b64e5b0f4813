using System.Buffers.Binary;
using System.Numerics;

namespace GossipCluster.Core.Reconciliation;

/// <summary>SipHash-2-4: a keyed 64-bit hash whose values nobody can foresee who does not know the key.</summary>
/// <remarks>
/// J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012. The hash table's XXH3 would be faster and is no
/// pseudo-random function: for some of its lengths there are inputs that collide under every seed, and whoever writes keys chooses inputs.
/// </remarks>
/// <param name="K0">The first half of the key.</param>
/// <param name="K1">The second half.</param>
public readonly record struct SipHash(ulong K0, ulong K1)
{
    /// <summary>The hash of any bytes.</summary>
    public ulong Of(ReadOnlySpan<byte> bytes)
    {
        var state = new State(K0, K1);
        var length = (ulong)bytes.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) state.Take(BinaryPrimitives.ReadUInt64LittleEndian(bytes));

        var last = length << 56;
        for (var i = 0; i < bytes.Length; i++) last |= (ulong)bytes[i] << (8 * i);
        state.Take(last);
        return state.End();
    }

    /// <summary>The hash of four numbers, as of their 32 bytes in little-endian order.</summary>
    public ulong Of(ulong a, ulong b, ulong c, ulong d)
    {
        var state = new State(K0, K1);
        state.Take(a);
        state.Take(b);
        state.Take(c);
        state.Take(d);
        state.Take(32UL << 56);
        return state.End();
    }

    private struct State(ulong k0, ulong k1)
    {
        private ulong _v0 = k0 ^ 0x736f_6d65_7073_6575;
        private ulong _v1 = k1 ^ 0x646f_7261_6e64_6f6d;
        private ulong _v2 = k0 ^ 0x6c79_6765_6e65_7261;
        private ulong _v3 = k1 ^ 0x7465_6462_7974_6573;

        public void Take(ulong word)
        {
            _v3 ^= word;
            Round();
            Round();
            _v0 ^= word;
        }

        public ulong End()
        {
            _v2 ^= 0xFF;
            Round();
            Round();
            Round();
            Round();
            return _v0 ^ _v1 ^ _v2 ^ _v3;
        }

        private void Round()
        {
            unchecked
            {
                _v0 += _v1;
                _v2 += _v3;
                _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
                _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
                _v0 = BitOperations.RotateLeft(_v0, 32);
                _v2 += _v1;
                _v0 += _v3;
                _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
                _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
                _v2 = BitOperations.RotateLeft(_v2, 32);
            }
        }
    }
}
