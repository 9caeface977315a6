/** The map and its legend. */
export const map = {
  legend: {
    title: '图例',
    facilities: '设施',
    streets: '道路',
    layers: '图层',
    share: '范围内人口或户数占比',
    noShare: '无数据',
    underservedOnly: '放大后显示全部符号',
    reach: '步行可达',
    path: '步行路径',
    straight: '直线',
    collapse: '收起图例',
    expand: '图例',
  },
  colour: {
    by: '着色依据',
    flag: '综合判定',
  },
};
