/* Pointwise functions and their slopes, of one number. */
#ifndef CPL_KERNEL_REF_REF_ACTIVATION_H
#define CPL_KERNEL_REF_REF_ACTIVATION_H

#include "kernel/kernel.h"

cpl_real cpl_activation_value(enum cpl_activation activation, cpl_real x);
cpl_real cpl_activation_slope(enum cpl_activation activation, cpl_real x);

#endif
