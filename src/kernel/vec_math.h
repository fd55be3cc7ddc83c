/* What the kernel templates use beyond single instructions: elements of any storage type, and
 * the functions of activations and softmax.  Included at the end of a vec_*.h, never alone.
 *
 * The polynomials are minimax fits (Remez); the bounds below were measured over a dense grid
 * and are tested in tests/test_kernel_math.c. */
#ifndef CPL_KERNEL_VEC_MATH_H
#define CPL_KERNEL_VEC_MATH_H

/* `count` elements from place i on, at most a vector of them; dtype f32 or bf16, a constant of
 * the caller, so that nothing is left of the choice. */
VF_INLINE vf vf_get(const void *data, cpl_dtype dtype, int64_t i, int64_t count)
{
    if (dtype == CPL_DTYPE_bf16) {
        const cpl_bf16 *p = (const cpl_bf16 *)data + i;
        return count >= VF_WIDTH ? vf_load_bf16(p) : vf_load_bf16_first(p, count);
    }
    const float *p = (const float *)data + i;
    return count >= VF_WIDTH ? vf_load(p) : vf_load_first(p, count);
}

VF_INLINE void vf_put(void *data, cpl_dtype dtype, int64_t i, int64_t count, vf x)
{
    if (dtype == CPL_DTYPE_bf16) {
        cpl_bf16 *p = (cpl_bf16 *)data + i;
        if (count >= VF_WIDTH)
            vf_store_bf16(p, x);
        else
            vf_store_bf16_first(p, count, x);
        return;
    }
    float *p = (float *)data + i;
    if (count >= VF_WIDTH)
        vf_store(p, x);
    else
        vf_store_first(p, count, x);
}

/* c[0] + c[1] x + ... + c[n-1] x^(n-1), as even and odd parts in x^2: half the latency of
 * Horner's rule at the price of one product. */
VF_INLINE vf vf_polynomial(vf x, const float *c, int n)
{
    vf square = x * x;
    int last_even = (n - 1) & ~1, last_odd = n - 1 - (n & 1);
    vf even = vf_set(c[last_even]), odd = vf_set(c[last_odd]);
    for (int i = last_even - 2; i >= 0; i -= 2)
        even = vf_fma(even, square, vf_set(c[i]));
    for (int i = last_odd - 2; i >= 1; i -= 2)
        odd = vf_fma(odd, square, vf_set(c[i]));
    return vf_fma(odd, x, even);
}

/* e^x, 1.2 ulp; 0 below -87.3, where results would be denormal (which costs a hundred cycles each),
 * infinity above 88.8. */
VF_INLINE vf vf_exp(vf x)
{
    static const float c[] = {0.5000000095f, 0.166665189f, 0.04166620633f, 0.008368882096f,
                              0.001395045267f};
    vf least = vf_set(-87.3f);
    vm normal = vf_not_less(x, least);
    x = vf_min(vf_set(100.0f), vf_max(least, x));
    vf n = vf_round(x * vf_set(1.44269504089f));
    vf r = vf_fnma(n, vf_set(0.693145751953125f), x);
    r = vf_fnma(n, vf_set(1.428606765330187e-06f), r);
    vf tail = vf_fma(vf_polynomial(r, c, 5), r * r, r);
    return vf_keep(normal, vf_scale(vf_set(1.0f) + tail, n));
}

/* 1/(1 + e^-x), 4 ulp for x > -80. */
VF_INLINE vf vf_sigmoid(vf x)
{
    vf e = vf_exp(vf_min(vf_set(80.0f), vf_set(0.0f) - x));
    return vf_reciprocal(vf_set(1.0f) + e);
}

/* tanh x, 5 ulp. */
VF_INLINE vf vf_tanh(vf x)
{
    static const float c[] = {-0.3333328404f, 0.1333149368f, -0.0537436627f, 0.02065104826f,
                              -0.005717499472f};
    vf square = x * x;
    vf small = vf_fma(vf_polynomial(square, c, 5) * square, x, x);
    vf large = vf_fnma(vf_set(2.0f), vf_sigmoid(vf_set(-2.0f) * x), vf_set(1.0f));
    return vf_select(vf_less(vf_abs(x), vf_set(0.625f)), small, large);
}

/* Phi(x) - 1/2 for the normal distribution, absolute error 1.8e-7: x times a polynomial in x^2,
 * which ends a trace above 1/2 at |x| = 5.4, so that the clamp gives the limits exactly. */
VF_INLINE vf vf_normal_cdf_less_half(vf x)
{
    static const float c[] = {
        0.1309281121f,   -0.06532807664f,  0.04849969787f,  -0.03920602183f,  0.03211451703f,
        -0.02575387731f, 0.01966044302f,   -0.01393384524f, 0.009598915421f,  -0.006771454296f,
        0.003748881851f, -0.001135723864f, 0.000799371704f, -0.001045804652f, 0.0004174704374f};
    vf square = vf_min(vf_set(29.16f), x * x);
    vf u = vf_fma(square, vf_set(0.06858710562f), vf_set(-1.0f));
    vf half = vf_set(0.5f);
    return vf_max(vf_set(-0.5f), vf_min(half, x * vf_polynomial(u, c, 15)));
}

/* x Phi(x), the exact GELU; absolute error 2.5e-7 |x|, as erf in single precision gives it. */
VF_INLINE vf vf_gelu(vf x) { return x * (vf_normal_cdf_less_half(x) + vf_set(0.5f)); }

/* Phi(x) + x phi(x), its derivative; absolute error 5e-7. */
VF_INLINE vf vf_gelu_slope(vf x)
{
    static const float c[] = {
        0.1219987765f,   -0.06165748578f, 0.04863572023f,  -0.04619616238f, 0.05016619998f,
        -0.05773019897f, 0.0650354403f,   -0.06956935693f, 0.06999381345f,  -0.0607231655f,
        0.04317993771f,  -0.03564743908f, 0.03569282666f,  -0.01898048922f, -0.0001262204878f,
        -0.00221937552f, 0.007469205302f, -0.003115116587f};
    x = vf_max(vf_set(-5.8f), vf_min(vf_set(5.8f), x));
    vf u = vf_fma(x * x, vf_set(0.0594530321f), vf_set(-1.0f));
    return vf_fma(x, vf_polynomial(u, c, 18), vf_set(0.5f));
}

/* x/2 (1 + tanh u) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3); relative error 2e-6
 * where |2u| < 20, that of e^2u beyond. */
VF_INLINE vf vf_gelu_tanh(vf x)
{
    vf inner = vf_fma(x * x, vf_set(0.0713548162726f), vf_set(1.59576912161f));
    return x * vf_sigmoid(x * inner);
}

VF_INLINE vf vf_gelu_tanh_slope(vf x)
{
    x = vf_max(vf_set(-10.0f), vf_min(vf_set(10.0f), x));
    vf square = x * x;
    vf half = vf_sigmoid(x * vf_fma(square, vf_set(0.0713548162726f), vf_set(1.59576912161f)));
    vf inner_slope = vf_fma(square, vf_set(0.2140644488178f), vf_set(1.59576912161f));
    return vf_fma(x * inner_slope, vf_fnma(half, half, half), half);
}

VF_INLINE vf vf_silu(vf x) { return x * vf_sigmoid(x); }

VF_INLINE vf vf_silu_slope(vf x)
{
    vf s = vf_sigmoid(x);
    return vf_fma(x, vf_fnma(s, s, s), s);
}

/* By name; `activation` a constant of the caller where it matters. */
VF_INLINE vf vf_activation(enum cpl_activation activation, vf x)
{
    switch (activation) {
    case CPL_ACTIVATION_gelu: return vf_gelu(x);
    case CPL_ACTIVATION_gelu_tanh: return vf_gelu_tanh(x);
    case CPL_ACTIVATION_relu: return vf_max(vf_set(0.0f), x);
    case CPL_ACTIVATION_silu: return vf_silu(x);
    case CPL_ACTIVATION_tanh: return vf_tanh(x);
    default: return x;
    }
}

VF_INLINE vf vf_activation_slope(enum cpl_activation activation, vf x)
{
    vf one = vf_set(1.0f);
    switch (activation) {
    case CPL_ACTIVATION_gelu: return vf_gelu_slope(x);
    case CPL_ACTIVATION_gelu_tanh: return vf_gelu_tanh_slope(x);
    case CPL_ACTIVATION_relu: return vf_keep(vf_less(vf_set(0.0f), x), one);
    case CPL_ACTIVATION_silu: return vf_silu_slope(x);
    case CPL_ACTIVATION_tanh: {
        vf t = vf_tanh(x);
        return vf_fnma(t, t, one);
    }
    default: return one;
    }
}

#endif
