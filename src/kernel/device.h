/* Inside a device: its kernel table and the queue that kernels are launched on. */
#ifndef CPL_KERNEL_DEVICE_H
#define CPL_KERNEL_DEVICE_H

#include "kernel/kernel.h"
#include <couplet/device.h>

struct cpl_device {
    struct cpl_kernels kernels;
    struct cpl_queue queue;
    enum cpl_isa isa;
    cpl_dtype dtype; /* of activations and products */
};

#endif
